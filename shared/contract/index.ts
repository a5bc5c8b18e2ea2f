import { accounts, aliases, domains } from './accounts.ts';
import { app } from './app.ts';
import { changes } from './changes.ts';
import { flow } from './flow.ts';
import { jobs } from './jobs.ts';
import { logs } from './logs.ts';
import { mailboxes } from './mailboxes.ts';
import { queue } from './queue.ts';
import { servers } from './servers.ts';

/** Everything the console can be asked. The three doors and the core are typed by it. */
export const contract = { app, servers, queue, changes, jobs, flow, accounts, aliases, domains, mailboxes, logs };
export type Contract = typeof contract;
