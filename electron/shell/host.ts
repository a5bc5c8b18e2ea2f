import { utilityProcess, type MessagePortMain, type UtilityProcess } from 'electron';
import { assertNever } from '#shared/model/assert-never.ts';
import type { Settings } from '#shared/model/settings.ts';
import type { FromHost, ToHost } from '#shared/model/shell-link.ts';
import { askKeychain } from './keychain.ts';

export interface HostOptions {
  /** The built desktop host. */
  entry: string;
  version: string;
  keychain: boolean;
  /** The host ended and nobody asked it to; `words` is its own last word, when it had one. */
  onLost(words: string | null): void;
  /** The language in the settings, at the start and when somebody changes it; null: the system's. */
  onLocale(locale: Settings['locale']): void;
}

export interface Host {
  /** Hands a page's port to the host. */
  connect(port: MessagePortMain): void;
  /** Jobs running now. */
  busy(): number;
  /** Lets the host cancel, journal and close; after `graceMs` it is killed. */
  stop(graceMs: number): Promise<void>;
}

/** Forks the host and answers it. All the console's work happens over there. */
export function forkHost(options: HostOptions): Host {
  const child: UtilityProcess = utilityProcess.fork(options.entry, [], { serviceName: 'Postdeck host' });
  let jobs = 0;
  let stopping = false;
  let words: string | null = null;
  const send = (message: ToHost, ports: MessagePortMain[] = []) => child.postMessage(message, ports);
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => {
      if (!stopping) options.onLost(words);
      resolve();
    });
  });

  child.on('message', (message: FromHost) => {
    switch (message.type) {
      case 'ready':
      case 'stopped':
        break;
      case 'failed':
        words = message.words;
        break;
      case 'locale':
        options.onLocale(message.locale);
        break;
      case 'busy':
        jobs = message.jobs;
        break;
      case 'keychain':
        void askKeychain(message.ask).then((answer) => send({ type: 'keychain-answer', id: message.id, answer }));
        break;
      default:
        assertNever(message, 'message from the host');
    }
  });
  send({ type: 'start', version: options.version, keychain: options.keychain });

  return {
    connect: (port) => send({ type: 'port' }, [port]),
    busy: () => jobs,
    async stop(graceMs) {
      stopping = true;
      send({ type: 'stop' });
      const timer = setTimeout(() => child.kill(), graceMs);
      await gone;
      clearTimeout(timer);
    },
  };
}
