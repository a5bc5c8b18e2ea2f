import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { canonicalJson } from '#core/changes/canonical.ts';
import { Journal } from '#core/changes/journal.ts';
import { openStore, type Store } from '#core/store/store.ts';
import { text } from '#shared/model/text.ts';
import { tempDir } from '../core/house.ts';

const why = text({ id: 'test.why', message: 'why' });
const TRIGGERS = ['journal_no_update', 'journal_no_delete', 'journal_lists_no_update', 'journal_lists_no_delete'];

/** A journal of five entries, the third with a list, and a hand in the file that knows SQLite. */
function filled(dir: string): { db: Store; journal: Journal; tamper: (...sql: string[]) => void } {
  const db = openStore(dir);
  const journal = new Journal(db, dir);
  for (const id of ['a', 'b']) journal.append('interrupted', id, { why });
  journal.append('step', 'c', { lists: { done: journal.keep([{ id: 'X1' }, { id: 'X2' }]) } });
  for (const id of ['d', 'e']) journal.append('interrupted', id, { why });
  return {
    db,
    journal,
    tamper: (...sql) => {
      const triggers = db.prepare<[], { sql: string }>("SELECT sql FROM sqlite_schema WHERE type = 'trigger'").all();
      for (const name of TRIGGERS) db.exec(`DROP TRIGGER ${name}`);
      for (const statement of sql) db.exec(statement);
      for (const { sql: again } of triggers) db.exec(again);
    },
  };
}

describe('the journal', () => {
  test('a chain that nobody touched holds, and tells its head', () => {
    using temp = tempDir();
    const { journal } = filled(temp.dir);
    expect(journal.verify()).toMatchObject({ ok: true, entries: 5, brokenAt: null, problem: null });
    expect(journal.verify().head).toBe(journal.entriesOf('e')[0]?.hash);
  });

  test('an empty journal holds', () => {
    using temp = tempDir();
    expect(new Journal(openStore(temp.dir), temp.dir).verify()).toMatchObject({ ok: true, entries: 0, head: null });
  });

  test('updates and deletes are refused by the database itself', () => {
    using temp = tempDir();
    const { db } = filled(temp.dir);
    for (const sql of [
      "UPDATE journal SET body = '{}'",
      'DELETE FROM journal WHERE seq = 5',
      "UPDATE journal_lists SET packed = x'00'",
      'DELETE FROM journal_lists',
    ]) {
      expect(() => db.exec(sql), sql).toThrow(/append-only/);
    }
  });

  test.each([
    ['a body altered', `UPDATE journal SET body = '{"why":1}' WHERE seq = 2`, 2],
    ['a time altered', `UPDATE journal SET at = '2020-01-01T00:00:00.000Z' WHERE seq = 3`, 3],
    ['a type altered', `UPDATE journal SET type = 'finished' WHERE seq = 1`, 1],
    ['an entry moved to another change', `UPDATE journal SET change_id = 'z' WHERE seq = 4`, 4],
    ['an entry removed from the middle', 'DELETE FROM journal WHERE seq = 3', 3],
    ['the first entry removed', 'DELETE FROM journal WHERE seq = 1', 1],
    ['a hash altered', `UPDATE journal SET hash = 'x' || substr(hash, 2) WHERE seq = 2`, 2],
    ['a list of targets altered', `UPDATE journal_lists SET packed = x'789c8b8e0500011c00be'`, 3],
    ['a list of targets removed', 'DELETE FROM journal_lists', 3],
  ])('%s: seen, and where', (_, sql, at) => {
    using temp = tempDir();
    const { journal, tamper } = filled(temp.dir);
    tamper(sql);
    expect(journal.verify()).toMatchObject({ ok: false, brokenAt: at });
  });

  test('two entries exchanged: seen', () => {
    using temp = tempDir();
    const { journal, tamper } = filled(temp.dir);
    tamper(
      'UPDATE journal SET seq = 100 WHERE seq = 2',
      'UPDATE journal SET seq = 2 WHERE seq = 4',
      'UPDATE journal SET seq = 4 WHERE seq = 100',
    );
    expect(journal.verify()).toMatchObject({ ok: false, brokenAt: 2 });
  });

  test('a removed entry whose gap was closed up: seen', () => {
    using temp = tempDir();
    const { journal, tamper } = filled(temp.dir);
    tamper(
      'DELETE FROM journal WHERE seq = 3',
      'UPDATE journal SET seq = 3 WHERE seq = 4',
      'UPDATE journal SET seq = 4 WHERE seq = 5',
    );
    expect(journal.verify()).toMatchObject({ ok: false, brokenAt: 3 });
  });

  test('entries cut off the end: seen by the head note, and nothing more is appended', () => {
    using temp = tempDir();
    const { journal, tamper } = filled(temp.dir);
    tamper('DELETE FROM journal WHERE seq >= 4');
    expect(journal.verify()).toMatchObject({ ok: false, brokenAt: 4 });
    expect(() => journal.append('interrupted', 'f', { why })).toThrow(
      expect.objectContaining({ code: 'JOURNAL_BROKEN' }),
    );
  });

  test('the end rewritten with a chain of its own: seen by the head note', () => {
    using temp = tempDir();
    const { db, journal, tamper } = filled(temp.dir);
    const note = readFileSync(join(temp.dir, 'journal.head'), 'utf8');
    tamper('DELETE FROM journal WHERE seq = 5');
    rmSync(join(temp.dir, 'journal.head'));
    // A forger with the program itself, but without the note that was there.
    writeFileSync(join(temp.dir, 'journal.head'), JSON.stringify({ seq: 4, hash: journal.entriesOf('d')[0]?.hash }));
    new Journal(db, temp.dir).append('interrupted', 'forged', { why });
    writeFileSync(join(temp.dir, 'journal.head'), note);
    expect(journal.verify()).toMatchObject({ ok: false, brokenAt: 5 });
  });

  test.each(['', 'not json', '{"seq":5}'])('a head note that is gone or says %j: told', (content) => {
    using temp = tempDir();
    const { journal } = filled(temp.dir);
    rmSync(join(temp.dir, 'journal.head'));
    if (content !== '') writeFileSync(join(temp.dir, 'journal.head'), content);
    expect(journal.verify()).toMatchObject({ ok: false, brokenAt: null });
  });

  test('a head note that is behind is no alarm: the program may have died between the two', () => {
    using temp = tempDir();
    const { journal } = filled(temp.dir);
    const behind = readFileSync(join(temp.dir, 'journal.head'), 'utf8');
    journal.append('interrupted', 'f', { why });
    writeFileSync(join(temp.dir, 'journal.head'), behind);
    expect(journal.verify().ok).toBe(true);
    journal.append('interrupted', 'g', { why });
    expect(journal.verify()).toMatchObject({ ok: true, entries: 7 });
  });

  test('guards that were removed and not put back: told', () => {
    using temp = tempDir();
    const { db, journal } = filled(temp.dir);
    db.exec('DROP TRIGGER journal_no_delete');
    expect(journal.verify()).toMatchObject({ ok: false, problem: { values: { names: 'journal_no_delete' } } });
  });

  test('two writers in turn make one chain', () => {
    using temp = tempDir();
    const one = new Journal(openStore(temp.dir), temp.dir);
    const other = new Journal(openStore(temp.dir), temp.dir);
    for (let i = 0; i < 10; i += 1) (i % 2 === 0 ? one : other).append('interrupted', `c${i}`, { why });
    expect(one.verify()).toMatchObject({ ok: true, entries: 10 });
    expect(other.verify().head).toBe(one.verify().head);
  });

  test('the same file opened by a plain reader says the same', () => {
    using temp = tempDir();
    const { journal } = filled(temp.dir);
    const raw = new Database(join(temp.dir, 'postdeck.sqlite'), { readonly: true });
    expect(raw.prepare('SELECT hash FROM journal ORDER BY seq DESC LIMIT 1').pluck().get()).toBe(journal.verify().head);
    raw.close();
  });
});

describe('canonical JSON', () => {
  test('has one spelling whatever the order of building', () => {
    expect(canonicalJson({ b: 1, a: [true, null, { d: undefined, c: 'ż"\n' }] })).toBe(
      '{"a":[true,null,{"c":"ż\\"\\n"}],"b":1}',
    );
    expect(canonicalJson({ a: 1, b: 2 })).toBe(canonicalJson({ b: 2, a: 1 }));
  });
});
