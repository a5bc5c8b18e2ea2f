import type { Change, ChangeStatus } from '#shared/model/change.ts';
import { Failure } from '#shared/model/failure.ts';
import { text, valuesOf } from '#shared/model/text.ts';
import { type ChangeRecord, foldEntry } from './fold.ts';
import type { Journal } from './journal.ts';
import { safeCopiesOf } from './record.ts';

export interface HistoryAsked {
  serverId?: string | undefined;
  status?: ChangeStatus[] | undefined;
  undoable?: boolean | undefined;
  text?: string | undefined;
  offset: number;
  count: number;
}

/** All changes as the journal tells them, kept up with what other processes of this data folder write. */
export class History {
  readonly #journal: Journal;
  readonly #free: () => number;
  readonly #records = new Map<string, ChangeRecord>();
  #seq = 0;

  /** @param free Bytes free where the safe lives. */
  constructor(journal: Journal, free: () => number) {
    this.#journal = journal;
    this.#free = free;
  }

  records(): ReadonlyMap<string, ChangeRecord> {
    for (const entry of this.#journal.after(this.#seq)) {
      foldEntry(this.#records, entry);
      this.#seq = entry.seq;
    }
    return this.#records;
  }

  record(changeId: string): ChangeRecord {
    const record = this.records().get(changeId);
    if (record !== undefined) return record;
    throw new Failure(
      'NOT_FOUND',
      text(/*i18n*/ { id: 'change.none', message: 'There is no change {changeId}' }, { changeId }),
      {
        hint: text(/*i18n*/ { id: 'change.none.hint', message: 'List the changes to find its id' }),
      },
    );
  }

  change(changeId: string): Change {
    return this.#view(this.record(changeId));
  }

  /** Newest first. */
  list(asked: HistoryAsked): { total: number; changes: Change[] } {
    const want = asked.text?.toLowerCase();
    const status = asked.status === undefined ? null : new Set(asked.status);
    const found = [...this.records().values()]
      .filter((record) => asked.serverId === undefined || record.change.serverId === asked.serverId)
      .filter((record) => status === null || status.has(record.change.status))
      .filter((record) => asked.undoable === undefined || isUndoable(record) === asked.undoable)
      .filter((record) => want === undefined || haystack(record).includes(want))
      .reverse();
    const page = found.slice(asked.offset, asked.offset + asked.count);
    return { total: found.length, changes: page.map((record) => this.#view(record)) };
  }

  #view(record: ChangeRecord): Change {
    const safeCopies = record.safe === null || record.dropped ? null : safeCopiesOf(record.safe, this.#free());
    return structuredClone({ ...record.change, undoable: isUndoable(record), safeCopies });
  }
}

const ENDED: ReadonlySet<ChangeStatus> = new Set(['done', 'partial', 'failed', 'cancelled']);

/** Something was done that can be taken back, nobody has taken all of it back, and what that needs is still here. */
export function isUndoable(record: ChangeRecord): boolean {
  const { change, lists, safe, dropped, undoneWholly } = record;
  if (change.undo === 'none' || undoneWholly || !ENDED.has(change.status)) return false;
  const held = (lists.held?.count ?? 0) > 0;
  if ((lists.done?.count ?? 0) === 0 && !held) return false;
  return safe === null || !dropped || held;
}

function haystack({ change, kind }: ChangeRecord): string {
  const words = valuesOf(change.title).join(' ');
  const commands = change.commands.map(({ command }) => command);
  return [kind, change.id, change.title.message, words, change.serverName, change.who, change.reason ?? '', ...commands]
    .join('\n')
    .toLowerCase();
}
