import { renameSync, rmSync, writeFileSync } from 'node:fs';
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
