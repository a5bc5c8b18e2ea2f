import type { MessageDescriptor } from '@lingui/core';
import { msg } from '@lingui/core/macro';
import type { ComponentType } from 'react';
import { loadScreen } from './load-screen.ts';

/** A screen is a folder in screens/ and a line here. */
export interface Screen {
  id: string;
  /** Path of the router; `$serverId` stands for a server. */
  path: string;
  /** Name of its tab in the title bar; null: reached from elsewhere. */
  tab: MessageDescriptor | null;
  component: ComponentType;
}

export const SCREENS: readonly Screen[] = [
  {
    id: 'queue',
    path: '/queue/$serverId',
    tab: msg`Queue`,
    component: loadScreen(() => import('../screens/queue/queue-screen.tsx')),
  },
  {
    id: 'logs',
    path: '/logs',
    tab: msg`Logs`,
    component: loadScreen(() => import('../screens/logs/logs-screen.tsx')),
  },
  {
    id: 'accounts',
    path: '/accounts/$serverId',
    tab: msg`Accounts`,
    component: loadScreen(() => import('../screens/accounts/accounts-screen.tsx')),
  },
  {
    id: 'journal',
    path: '/journal',
    tab: msg`Journal`,
    component: loadScreen(() => import('../screens/journal/journal-screen.tsx')),
  },
  {
    id: 'server',
    path: '/server/$serverId',
    tab: null,
    component: loadScreen(() => import('../screens/server/server-screen.tsx')),
  },
];
