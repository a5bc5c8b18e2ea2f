import { CAPABILITIES, type Capability } from '#shared/model/server.ts';
import { text } from '#shared/model/text.ts';
import type { ServerSession } from '../driver.ts';
import { demoAccounts } from './accounts/index.ts';
import { demoQueue } from './queue.ts';
import { DemoState } from './state.ts';

const NO_LOG: Capability = {
  id: 'logs.read',
  available: false,
  why: text(/*i18n*/ { id: 'demo.logs', message: 'The demo server writes no log' }),
  remedy: text(/*i18n*/ { id: 'demo.logs.remedy', message: 'Open log files of your own' }),
};

export interface DemoOptions {
  /** File that keeps the demo queue between processes; null: this process's memory alone. */
  stateFile: string | null;
}

/**
 * A mail server in memory, for trying the console out, for screenshots and for tests. It holds DEMO_MESSAGES
 * messages, runs no command, contacts nothing and delivers nothing; `demo: true` labels it everywhere.
 */
export function openDemo({ stateFile }: DemoOptions): ServerSession {
  const state = new DemoState(stateFile);
  const capabilities = CAPABILITIES.map((id): Capability => (id === 'logs.read' ? NO_LOG : { id, available: true }));
  return {
    driver: 'demo',
    demo: true,
    runAs: text(/*i18n*/ { id: 'demo.run-as', message: 'nobody: a demo server in memory, no command runs' }),
    queue: demoQueue(state),
    accounts: demoAccounts(stateFile),
    capabilities: () => Promise.resolve(capabilities),
    probe: () =>
      Promise.resolve({
        hostname: 'demo.postdeck.example',
        os: 'Demo server in memory',
        kernel: null,
        user: 'demo',
        privilege: 'root',
        components: [{ name: 'Demo', version: null, state: 'running', detail: 'in memory; delivers nothing' }],
        capabilities,
        sudoers: [],
        retry: null,
        warnings: [
          text(
            /*i18n*/ {
              id: 'demo.warning',
              message:
                'This is a demo server: its mail is invented, it lives on this computer, and nothing is ever sent',
            },
          ),
        ],
      }),
  };
}
