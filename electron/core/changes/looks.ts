import { randomUUID } from 'node:crypto';
import type { ServerProfile } from '#shared/model/server.ts';
import type { Text } from '#shared/model/text.ts';
import type { Journal } from './journal.ts';

/** Paging through a folder, or going back to a message just read, is one look. */
const SAME_LOOK_MS = 10 * 60_000;
/** Looks remembered to tell a repetition; past this the oldest are forgotten and noted anew. */
const REMEMBERED = 10_000;

/** Writes down who looked into whose mail: before anything is shown, and nothing is shown when it cannot be written. */
export class Looks {
  readonly #journal: Journal;
  readonly #who: string;
  readonly #last = new Map<string, number>();

  constructor(journal: Journal, who: string) {
    this.#journal = journal;
    this.#who = who;
  }

  /** @param what names what is looked at; the same within ten minutes is not noted again */
  note(profile: ServerProfile, what: readonly string[], title: Text): void {
    const key = JSON.stringify([profile.id, ...what]);
    const now = Date.now();
    const last = this.#last.get(key);
    if (last !== undefined && now - last < SAME_LOOK_MS) return;
    const { id: serverId, name: serverName, demo } = profile;
    this.#journal.append('looked', randomUUID(), { serverId, serverName, demo, title, who: this.#who });
    this.#last.delete(key);
    this.#last.set(key, now);
    const [oldest] = this.#last.keys();
    if (this.#last.size > REMEMBERED && oldest !== undefined) this.#last.delete(oldest);
  }
}
