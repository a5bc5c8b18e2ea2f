import type { ClientChannel } from 'ssh2';

/** Exit status of a command whose output nobody needs; null: it ended without one. */
export function exitOf(channel: ClientChannel): Promise<number | null> {
  return new Promise((resolve) => {
    channel.on('error', () => {});
    channel.once('close', (code?: number | null) => resolve(code ?? null));
    channel.resume();
    channel.stderr.resume();
  });
}

/** All that a short command prints, which gets no input. */
export function outputOf(channel: ClientChannel): Promise<string> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    channel.on('error', () => {});
    channel.on('data', (chunk: Buffer) => chunks.push(chunk));
    channel.stderr.resume();
    channel.once('close', () => resolve(Buffer.concat(chunks).toString('latin1')));
    channel.end();
  });
}
