import {
  createHashHistory,
  createRootRoute,
  createRoute,
  createRouter,
  Navigate,
  type RouteComponent,
} from '@tanstack/react-router';
import { useServers } from '../api/console.tsx';
import { StartScreen } from '../screens/start/start-screen.tsx';
import { Frame } from './frame.tsx';
import { useCurrentServerId } from './go.ts';
import { SCREENS } from './screens.ts';

/** Without servers: the first-run screen. With one: its queue. */
function Home() {
  const servers = useServers();
  const current = useCurrentServerId();
  if (servers === undefined) return null;
  if (current === undefined) return <StartScreen />;
  return <Navigate to={`/queue/${current}` as '/'} replace />;
}

/** Hash history works the same on app:// and on loopback, and leaves the token out of every address. */
export function createPageRouter() {
  const root = createRootRoute({ component: Frame, notFoundComponent: Home });
  const home = createRoute({ getParentRoute: () => root, path: '/', component: Home });
  const screens = SCREENS.map((screen) =>
    createRoute({
      getParentRoute: () => root,
      path: screen.path as '/',
      component: screen.component as RouteComponent,
      validateSearch: (search: Record<string, unknown>) => search,
    }),
  );
  return createRouter({ routeTree: root.addChildren([home, ...screens]), history: createHashHistory() });
}
