import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { AccountBlocks } from '#shared/model/account.ts';
import { SieveSettings } from '#shared/model/sieve.ts';
import { FilterSettings } from '#shared/model/user-filter.ts';
import { seedEntries } from './seed.ts';

export const DemoAccount = z.object({
  name: z.string().nullable(),
  quota: z.number().nullable(),
  used: z.number(),
  messages: z.number(),
  /** Days since the last login; null: never. */
  idle: z.number().nullable(),
  blocks: AccountBlocks,
  expires: z.string().nullable(),
  /** Tells one password from another; nobody logs in here, so nothing of a password is kept. */
  secret: z.string(),
  /** Its mail: a renamed account keeps it. */
  mail: z.string(),
});
export type DemoAccount = z.infer<typeof DemoAccount>;
export const DemoAlias = z.object({ targets: z.array(z.string()), enabled: z.boolean() });
export const DemoDomain = z.object({ aliasOf: z.string().nullable(), outgoing: z.string().nullable() });
export const DemoServer = z.object({ outgoing: z.string().nullable(), expiryJob: z.boolean() });

const Value = z.union([
  z.object({ kind: z.literal('account'), account: DemoAccount }),
  z.object({ kind: z.literal('alias'), alias: DemoAlias }),
  z.object({ kind: z.literal('domain'), domain: DemoDomain }),
  z.object({ kind: z.literal('rules'), rules: SieveSettings }),
  z.object({ kind: z.literal('filter'), filter: FilterSettings }),
  z.object({ kind: z.literal('server'), server: DemoServer }),
]);
export type Value = z.infer<typeof Value>;

/** What a change does to one entry; null: there is none. */
const Edit = z.object({ key: z.string(), before: Value.nullable(), after: Value.nullable() });
export type Edit = z.infer<typeof Edit>;

const Saved = z.object({
  version: z.literal(1),
  /** Entries that differ from the directory as it was made. */
  changed: z.record(z.string(), Value.nullable()),
  records: z.record(z.string(), z.array(Edit)),
});
type Saved = z.infer<typeof Saved>;

/** Changes that can be undone; older ones are forgotten. */
const RECORDS_KEPT = 100;

export const same = (a: Value | null, b: Value | null): boolean => JSON.stringify(a) === JSON.stringify(b);

/** The demo's directory: one map of entries, shared through a file by all processes of a data folder, like its queue. */
export class DemoEntries {
  readonly #file: string | null;
  readonly #seed = seedEntries();
  #saved: Saved = { version: 1, changed: {}, records: {} };

  constructor(file: string | null) {
    this.#file = file;
  }

  all(): Map<string, Value> {
    this.#read();
    const entries = new Map(this.#seed);
    for (const [key, value] of Object.entries(this.#saved.changed)) {
      if (value === null) entries.delete(key);
      else entries.set(key, value);
    }
    return entries;
  }

  record(changeId: string): Edit[] | null {
    this.#read();
    return this.#saved.records[changeId] ?? null;
  }

  /** All edits or, where an entry is no longer as an edit says, none: false. */
  write(changeId: string, edits: readonly Edit[]): boolean {
    const now = this.all();
    if (edits.some(({ key, before }) => !same(now.get(key) ?? null, before))) return false;
    for (const { key, after } of edits) {
      if (same(this.#seed.get(key) ?? null, after)) delete this.#saved.changed[key];
      else this.#saved.changed[key] = after;
    }
    this.#saved.records[changeId] = [...edits];
    for (const old of Object.keys(this.#saved.records).slice(0, -RECORDS_KEPT)) delete this.#saved.records[old];
    this.#write();
    return true;
  }

  /** A file that cannot be read as this starts the demo over; nothing real is lost. */
  #read(): void {
    if (this.#file === null) return;
    try {
      const parsed = Saved.safeParse(JSON.parse(readFileSync(this.#file, 'utf8')));
      this.#saved = parsed.data ?? { version: 1, changed: {}, records: {} };
    } catch (error) {
      if (!(error instanceof SyntaxError) && (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }

  #write(): void {
    if (this.#file === null) return;
    mkdirSync(dirname(this.#file), { recursive: true, mode: 0o700 });
    const part = `${this.#file}.${randomUUID()}.part`;
    writeFileSync(part, JSON.stringify(this.#saved), { mode: 0o600 });
    renameSync(part, this.#file);
  }
}
