import { appendFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { offsetAt } from '#log-index/index/zone-clock.ts';
import { offsetNear } from '#log-index/query/offsets.ts';
import { Room } from './helpers.ts';

/** A line of its own second, so that every header is another. */
const at = (i: number, words: string): string =>
  `Nov  2 ${[Math.floor(i / 3600), Math.floor(i / 60) % 60, i % 60].map((n) => String(n).padStart(2, '0')).join(':')} mx1 postfix/qmgr[12]: ${words}\n`;

describe('the lines of a trace', () => {
  it('are the file’s own, wherever blocks of the file end', async () => {
    using room = new Room();
    const lines = Array.from({ length: 3000 }, (_, i) => at(i, `0A1B2C3D4E: note ${'x'.repeat((i * 37) % 400)}`));
    lines[1500] = at(1500, `0A1B2C3D4E: long ${'y'.repeat(20_000)}`);
    const set = await room.index([room.file('mail.log', lines.join(''))]);
    const id = set.slice(0, 1)[0]?.trace ?? '';
    const shown = set.traceLines(id);
    expect(shown.map((one) => `${one.text}\n`)).toEqual(lines);
    expect(shown.map((one) => one.line)).toEqual(lines.map((_, i) => i + 1));
    expect(shown[3000 - 1]?.time).toBe('2026-11-02T00:49:59.000Z');
    await set.close();
  });

  it('that were appended behind what was read are read anew', async () => {
    using room = new Room();
    const path = room.file('mail.log', at(1, '0A1B2C3D4E: from=<a@b.example>, size=1, nrcpt=1 (queue active)'));
    await (await room.index([path])).close();
    const set = room.store.open('test', { append: true });
    if (set === undefined) throw new Error('not there');
    const id = set.slice(0, 1)[0]?.trace ?? '';
    for (let i = 2; i < 80; i++) {
      expect(set.traceLines(id)).toHaveLength(i - 1);
      appendFileSync(path, at(i, `0A1B2C3D4E: note ${i} ${'z'.repeat(i)}`));
      set.append();
      expect(set.traceLines(id).at(-1)?.text).toContain(`note ${i} ${'z'.repeat(i)}`);
    }
    await set.close();
  });

  it('carry the time of their own header, neighbours of other formats included', async () => {
    using room = new Room();
    const texts = [
      'Nov  2 10:00:00 mx1 postfix/qmgr[12]: 0A1B2C3D4E: a',
      'Nov  2 10:00:00 mx1 postfix/qmgr[12]: 0A1B2C3D4E: b',
      '2026-11-02T10:00:01.250+00:00 mx1 postfix/qmgr[12]: 0A1B2C3D4E: c',
      '2026-11-02T10:00:01.750+00:00 mx1 postfix/qmgr[12]: 0A1B2C3D4E: d',
      '2026-11-02T12:00:02+02:00 mx1 postfix/qmgr[12]: 0A1B2C3D4E: e',
      '<22>1 2026-11-02T10:00:03Z mx1 postfix/qmgr 12 - - 0A1B2C3D4E: f',
      '<22>1 2026-11-02T10:00:04Z mx1 postfix/qmgr 12 - - 0A1B2C3D4E: g',
      '@40000000690728350eadbeef postfix/qmgr[12]: 0A1B2C3D4E: h',
      '@40000000690728360eadbeef postfix/qmgr[12]: 0A1B2C3D4E: i',
      'Nov  2 10:00:05 mx1 postfix/qmgr[12]: 0A1B2C3D4E: j',
    ];
    const set = await room.index([room.file('mail.log', `${texts.join('\n')}\n`)]);
    const times = set.slice(0, texts.length).map((line) => line.time?.slice(11) ?? null);
    expect(times).toEqual([
      '10:00:00.000Z',
      '10:00:00.000Z',
      '10:00:01.250Z',
      '10:00:01.750Z',
      '10:00:02.000Z',
      '10:00:03.000Z',
      '10:00:04.000Z',
      expect.stringMatching(/\.246Z$/),
      expect.stringMatching(/\.246Z$/),
      '10:00:05.000Z',
    ]);
    expect(times[7]).not.toBe(times[8]);
    await set.close();
  });
});

describe('the offset of a zone', () => {
  it.each(['Europe/Warsaw', 'America/St_Johns', 'Asia/Kolkata', 'Australia/Lord_Howe', 'UTC'])(
    '%s asked by the day is that of every quarter of an hour, turns of the clock included',
    (zone) => {
      for (const day of ['2026-03-28', '2026-10-24', '2026-04-04', '2026-11-01', '2026-12-31']) {
        const from = Date.parse(`${day}T00:00:00Z`) / 1000;
        const quarters = Array.from({ length: 3 * 96 }, (_, i) => from + i * 900 + 7);
        expect(quarters.map((at) => offsetNear(zone, at))).toEqual(quarters.map((at) => offsetAt(zone, at)));
      }
    },
  );
});
