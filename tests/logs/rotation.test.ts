import { renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { DELIVERED, messages, Room } from './helpers.ts';

const OTHER = DELIVERED.replaceAll('0A1B2C3D4E', '9F9F9F9F9F').replaceAll('s@a.example', 'stranger@c.example');

/** The raw lines of the only message of a set. */
function rawLines(set: Awaited<ReturnType<Room['index']>>): string[] {
  return set.traceLines(messages(set)[0]?.id ?? '').map(({ text }) => text);
}

describe('a log that is moved behind the index’s back', () => {
  it('is found again beside its old place, and what took its place is not shown as its lines', async () => {
    using room = new Room();
    const path = room.file('mail.log', DELIVERED);
    await (await room.index([path])).close();
    renameSync(path, `${path}.1`);
    writeFileSync(path, OTHER);
    const set = room.store.open('test');
    if (set === undefined) throw new Error('no set');
    expect(rawLines(set)).toEqual(DELIVERED.trim().split('\n'));
    expect(await set.lines('stranger')).toEqual([]);
    expect((await set.lines('s@a.example')).length).toBeGreaterThan(0);
    await set.close();
  });

  it('shows no raw lines when it is gone, or was written anew', async () => {
    using room = new Room();
    const path = room.file('mail.log', DELIVERED);
    await (await room.index([path])).close();
    writeFileSync(path, OTHER); // the same inode, as copytruncate leaves it
    const rewritten = room.store.open('test');
    expect(messages(rewritten!)[0]?.from).toBe('s@a.example');
    expect(rawLines(rewritten!).every((text) => text === '')).toBe(true);
    expect(await rewritten!.lines('stranger')).toEqual([]);
    await rewritten!.close();
    rmSync(path);
    const gone = room.store.open('test');
    expect(messages(gone!)[0]?.recipients[0]?.status).toBe('sent');
    expect(rawLines(gone!).every((text) => text === '')).toBe(true);
    await gone!.close();
  });
});

describe('a log that changes while it is read', () => {
  /** Indexes `path` and lets `change` happen at the first progress, when threads have begun to read. */
  async function indexWhile(room: Room, path: string, change: () => void) {
    let done = false;
    const { set } = await room.store.index('test', [path], { zone: 'UTC', year: 2026 }, () => {
      if (!done) change();
      done = true;
    });
    return set;
  }
  /** Enough for many chunks, so that most of it is still to be read when the change comes. */
  const long = (id: string): string =>
    Array.from({ length: 400_000 }, (_, i) => {
      const s = String(i % 60).padStart(2, '0');
      return `Nov  2 10:00:${s} mx1 postfix/qmgr[12]: ${id}: removed`;
    }).join('\n') + '\n';

  it('is read to its end when rotation moves it, and its successor is left alone', async () => {
    using room = new Room();
    const text = long('0A1B2C3D4E');
    const path = room.file('mail.log', text);
    const set = await indexWhile(room, path, () => {
      renameSync(path, `${path}.1`);
      writeFileSync(path, long('9F9F9F9F9F'));
    });
    expect(set.lineCount).toBe(400_000);
    expect(set.traces({ queueId: '9F9F9F9F9F' }, { limit: 1 }).total).toBe(0);
    expect(set.info.sources[0]?.troubles).toEqual({});
    await set.close();
  });

  it('is indexed as far as it goes when it shrinks, and that is said', async () => {
    using room = new Room();
    const path = room.file('mail.log', long('0A1B2C3D4E'));
    const set = await indexWhile(room, path, () => truncateSync(path, 8 << 20));
    expect(set.lineCount).toBeLessThan(400_000);
    expect(set.info.sources[0]?.troubles).toEqual({ shrunk: 1 });
    expect(set.traces({ queueId: '0A1B2C3D4E' }, { limit: 1 }).total).toBe(1);
    await set.close();
  });

  it('is left out when it goes before its turn, and that is said', async () => {
    using room = new Room();
    const older = room.file('mail.log.2', long('0A1B2C3D4E'));
    const newer = room.file('mail.log.1.gz', gzipSync(Buffer.from(long('9F9F9F9F9F').slice(0, 1 << 20))));
    const { set } = await room.store.index('test', [older, newer], { zone: 'UTC', year: 2026 }, () =>
      rmSync(newer, { force: true }),
    );
    expect(set.info.sources.map(({ troubles }) => troubles)).toEqual([{}, { gone: 1 }]);
    expect(set.lineCount).toBe(400_000);
    await set.close();
  });
});
