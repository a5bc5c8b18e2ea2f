import { readFile } from 'node:fs/promises';
import ssh2 from 'ssh2';
import type { LabHost } from '../lab/index.ts';
import { newKey } from '../ssh-key.ts';

/** A login in front of a lab host that asks for a badge and a code, as PAM modules of companies do. */
export interface Front {
  port: number;
  stop: () => Promise<void>;
}

/**
 * Takes keyboard-interactive logins on loopback and hands every command on to the host behind it, as root.
 *
 * @param answers What lets in: the badge number (shown while it is typed) and the one-time code.
 */
export async function startFront(behind: LabHost, answers: readonly [badge: string, code: string]): Promise<Front> {
  const privateKey = await readFile(behind.keyFile);
  const open = new Set<{ end: () => void }>();
  const server = new ssh2.Server({ hostKeys: [newKey().private] }, (client) => {
    const host = new ssh2.Client();
    open.add(client).add(host);
    const ready = new Promise<void>((resolve, reject) => {
      host.once('ready', resolve).once('error', reject);
    });
    // Asked for below; until then a failure has nobody to tell.
    ready.catch(() => client.end());
    host.connect({ host: behind.address, port: behind.port, username: 'root', privateKey });
    client.on('error', () => host.end());
    client.on('close', () => host.end());
    client.on('authentication', (login) => {
      if (login.method !== 'keyboard-interactive') {
        login.reject(['keyboard-interactive']);
        return;
      }
      const prompts = [
        { prompt: 'Badge number: ', echo: true },
        { prompt: 'One-time code: ', echo: false },
      ];
      login.prompt(prompts, (given) => {
        if (given.join() === answers.join()) login.accept();
        else login.reject(['keyboard-interactive']);
      });
    });
    client.on('ready', () => {
      client.on('session', (accept) => {
        accept().on('exec', (take, refuse, { command }) => {
          void ready.then(() => {
            host.exec(command, (error, far) => {
              if (error !== undefined) {
                refuse();
                return;
              }
              const near = take();
              near.pipe(far).pipe(near, { end: false });
              far.stderr.pipe(near.stderr, { end: false });
              far.once('exit', (code: number | null, signal?: string) => {
                if (code === null) near.exit(signal ?? 'TERM');
                else near.exit(code);
              });
              far.once('close', () => near.end());
            });
          });
        });
      });
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const at = server.address();
  return {
    port: typeof at === 'object' && at !== null && 'port' in at ? at.port : 0,
    stop: async () => {
      for (const each of open) each.end();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}
