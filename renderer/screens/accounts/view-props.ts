import type { ReactNode } from 'react';
import type { Directory } from './use-directory.ts';
import type { ViewState } from './view-state.ts';

/** What every view of the screen is given. */
export interface ViewProps {
  serverId: string;
  name: string;
  state: ViewState;
  set: (change: Partial<ViewState>) => void;
  directory: Directory;
  /** The start of the top bar: which view it is. */
  start: ReactNode;
  /** The end of the top bar: what is not about one row. */
  more: ReactNode;
  /** Asks where mail to an address would go, in the drawer. */
  onRoute: (address: string) => void;
  /** The drawer when the route stands in it. */
  route: ReactNode;
}
