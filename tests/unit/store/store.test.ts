import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { addLevel, levelsSince } from '#core/store/level-rows.ts';
import { readSettings, writeSettings } from '#core/store/settings-rows.ts';
import { openStore } from '#core/store/store.ts';
import { tempDir } from '../core/house.ts';

const mode = (path: string): number => statSync(path).mode & 0o777;

describe('the store', () => {
  test('its folder and all its files are readable by their owner alone', () => {
    using temp = tempDir();
    const dir = join(temp.dir, 'data');
    const db = openStore(dir);
    writeSettings(db, { theme: 'dark' });
    expect(mode(dir)).toBe(0o700);
    for (const name of ['postdeck.sqlite', 'postdeck.sqlite-wal', 'postdeck.sqlite-shm'])
      expect(mode(join(dir, name))).toBe(0o600);
    db.close();
  });

  test('a database file that others could read is closed to them', () => {
    using temp = tempDir();
    writeFileSync(join(temp.dir, 'postdeck.sqlite'), '', { mode: 0o644 });
    openStore(temp.dir).close();
    expect(mode(join(temp.dir, 'postdeck.sqlite'))).toBe(0o600);
  });

  test('opening it again keeps what was there', () => {
    using temp = tempDir();
    const first = openStore(temp.dir);
    writeSettings(first, { theme: 'dark' });
    first.close();
    const again = openStore(temp.dir);
    expect(readSettings(again)).toEqual({ theme: 'dark' });
    again.close();
  });

  test('two connections see each other’s writes', () => {
    using temp = tempDir();
    const one = openStore(temp.dir);
    const other = openStore(temp.dir);
    writeSettings(one, { keepCopiesDays: 7 });
    writeSettings(other, { singleKeys: false });
    expect(readSettings(one)).toEqual({ keepCopiesDays: 7, singleKeys: false });
    one.close();
    other.close();
  });

  test('a database of a newer version is refused, not altered', () => {
    using temp = tempDir();
    openStore(temp.dir).close();
    const db = new Database(join(temp.dir, 'postdeck.sqlite'));
    db.pragma('user_version = 999');
    db.close();
    expect(() => openStore(temp.dir)).toThrow(expect.objectContaining({ code: 'UNSAFE' }));
  });

  test('levels older than 30 days are dropped when a new one comes', () => {
    using temp = tempDir();
    const db = openStore(temp.dir);
    const level = (at: string) => ({ at, active: 1, deferred: 2, hold: 3, incoming: 4 });
    addLevel(db, 'a', level('2026-10-01T00:00:00.000Z'));
    addLevel(db, 'b', level('2026-10-01T00:00:00.000Z'));
    addLevel(db, 'a', level('2026-11-22T00:00:00.000Z'));
    expect(levelsSince(db, 'a', 0)).toEqual([level('2026-11-22T00:00:00.000Z')]);
    expect(levelsSince(db, 'b', 0)).toHaveLength(1);
    db.close();
  });
});
