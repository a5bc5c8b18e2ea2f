import type { JournalEntry, LogVerbs } from '#drivers/logs.ts';
import { START_DAYS } from '../limits.ts';
import type { MirrorEars } from './file-mirror.ts';
import type { MirrorStore, PlaceState } from './store.ts';

/** Follows mail's part of a journal: entries become lines as rsyslog would write them, and the last cursor is kept. */
export class JournalMirror {
  readonly #logs: LogVerbs;
  readonly #store: MirrorStore;
  readonly #place: PlaceState;
  readonly #ears: MirrorEars;

  constructor(logs: LogVerbs, store: MirrorStore, ears: MirrorEars) {
    this.#logs = logs;
    this.#store = store;
    this.#place = store.place('journal');
    this.#ears = ears;
  }

  /** Takes what there is now. */
  async catchUp(signal: AbortSignal): Promise<void> {
    await this.#read(false, signal);
  }

  /** Goes on with what comes; ends with the signal, or with the process on the server. */
  async follow(signal: AbortSignal): Promise<void> {
    await this.#read(true, signal);
  }

  async #read(follow: boolean, signal: AbortSignal): Promise<void> {
    const { cursor } = this.#place;
    const from = cursor === null ? { since: Date.now() / 1000 - START_DAYS * 86_400 } : { cursor };
    for await (const entries of this.#logs.journal(from, { follow, signal })) {
      this.#store.write(this.#place, Buffer.from(entries.map(lineOf).join('')));
      this.#place.cursor = entries.at(-1)?.cursor ?? this.#place.cursor;
      this.#store.commit();
      this.#ears.grown();
    }
  }
}

/** An entry as a line of RFC 3339 syslog. A message of several lines becomes one: the index counts lines. */
function lineOf({ time, host, program, pid, message }: JournalEntry): string {
  const micros = String(time % 1_000_000).padStart(6, '0');
  const stamp = `${new Date(Math.floor(time / 1_000_000) * 1000).toISOString().slice(0, 19)}.${micros}+00:00`;
  const name = program.replace(/[\s:[\]]+/g, '_') || 'unknown';
  const tag = pid === '' ? name : `${name}[${pid}]`;
  return `${stamp} ${host.replace(/\s+/g, '_') || 'localhost'} ${tag}: ${message.replace(/[\r\n]+/g, ' ')}\n`;
}
