import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { pathOffers, zoneOf, zoneOfLine } from '#core/logs/inputs.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'postdeck-inputs-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('a path that is typed', () => {
  const names = async (typed: string, limit = 20) =>
    (await pathOffers(typed, limit)).map(({ path, folder }) => path.slice(dir.length + 1) + (folder ? '/' : ''));

  test('is completed in any case: folders first, then files by number', async () => {
    for (const name of ['mail.log.10', 'mail.log.2', 'Mail.log', 'other', '.hidden'])
      writeFileSync(join(dir, name), '');
    mkdirSync(join(dir, 'mail'));
    symlinkSync(join(dir, 'mail'), join(dir, 'mail-link'));
    expect(await names(join(dir, 'MA'))).toEqual(['mail/', 'mail-link/', 'Mail.log', 'mail.log.2', 'mail.log.10']);
    expect(await names(`${dir}/`)).not.toContain('.hidden');
    expect(await names(join(dir, '.h'))).toEqual(['.hidden']);
    expect(await names(join(dir, 'm'), 2)).toHaveLength(2);
  });

  test('that leads nowhere, or is no whole path, offers nothing', async () => {
    expect(await names(join(dir, 'nothing', 'here'))).toEqual([]);
    expect(await pathOffers('mail.log', 20)).toEqual([]);
    expect(await pathOffers('', 20)).toEqual([]);
  });
});

describe('the zone of a log', () => {
  test.each([
    ['Nov 22 12:00:00 mx1 postfix/qmgr[1]: A: removed', 'none'],
    ['<22>Nov  2 12:00:00 mx1 postfix/qmgr[1]: A: removed', 'none'],
    ['2026-11-22 12:00:00 1tAbCd-000001-AB <= a@b', 'none'],
    ['2026-11-22 12:00:00.123 +0100 1tAbCd-000001-AB <= a@b', 'named'],
    ['2026-11-22T12:00:00.123456+01:00 mx1 postfix/qmgr[1]: A: removed', 'named'],
    ['<22>1 2026-11-22T12:00:00Z mx1 postfix 1 - - A: removed', 'named'],
    ['@4000000065a1b2c30a1b2c3d new msg 1', 'named'],
    ['{"log":"x","time":"2026-11-22T12:00:00Z"}', 'named'],
    ['\u0000\u0001 nothing of a log', null],
  ])('%s', (line, zone) => {
    expect(zoneOfLine(line)).toBe(zone);
  });

  test('one file of a folder without a zone is enough, packed or not; the line is shown', async () => {
    writeFileSync(join(dir, 'a.log'), '2026-11-22T12:00:00Z mx1 x: y\n');
    expect(await zoneOf([dir])).toEqual({ zone: 'named', sample: null });
    writeFileSync(
      join(dir, 'b.log.gz'),
      gzipSync(`Nov 22 12:00:00 mx1 x: y\n${'Nov 22 12:00:01 mx1 x: z\n'.repeat(9e4)}`),
    );
    expect(await zoneOf([dir])).toEqual({ zone: 'none', sample: 'Nov 22 12:00:00 mx1 x: y' });
  });

  test('a line that is cut off before its zone is not taken for one without', async () => {
    const line = '2026-11-22T12:00:00Z mx1 x: y';
    for (let pad = 0; pad < line.length; pad += 1) {
      writeFileSync(join(dir, 'a.log'), `${'-'.repeat(pad)}\n${`${line}\n`.repeat(2000)}`);
      expect(await zoneOf([dir])).toEqual({ zone: 'named', sample: null });
    }
  });

  test('what cannot be read, is cut, or is no log is not known', async () => {
    writeFileSync(join(dir, 'cut.gz'), gzipSync('Nov 22 12:00:00 mx1 x: y\n').subarray(0, 12));
    writeFileSync(join(dir, 'empty'), '');
    expect(await zoneOf([join(dir, 'cut.gz'), join(dir, 'empty'), join(dir, 'none')])).toEqual({
      zone: 'unknown',
      sample: null,
    });
  });
});
