import { describe, expect, test } from 'vitest';
import { parseCount, parseDuration, parsePort, parseSeconds, parseSize, showAge, showSize } from '#hosts/cli/units.ts';
import { parseJumps, parseTarget } from '#hosts/cli/targets.ts';

describe('durations are read in seconds', () => {
  test.each([
    ['90s', 90],
    ['5m', 300],
    ['2h', 7200],
    ['3d', 259_200],
    ['1w', 604_800],
    ['1h30m', 5400],
    ['45', 45],
    ['0', 0],
  ])('%s', (value, seconds) => expect(parseDuration(value)).toBe(seconds));
  test.each(['', 'h', '2x', '-2h', '2 h', '1.5h', '2h3', 'forever', '2H'])('refused: %s', (value) => {
    expect(() => parseDuration(value)).toThrow(/expected a duration/);
  });
});

describe('sizes are read in bytes, by 1024', () => {
  test.each([
    ['0', 0],
    ['512', 512],
    ['500k', 512_000],
    ['10M', 10_485_760],
    ['10MB', 10_485_760],
    ['1MiB', 1_048_576],
    ['1.5G', 1_610_612_736],
  ])('%s', (value, bytes) => expect(parseSize(value)).toBe(bytes));
  test.each(['', 'M', '-1', '10X', '1e6', '1,5G', '10 M'])('refused: %s', (value) => {
    expect(() => parseSize(value)).toThrow(/expected a size/);
  });
});

test('counts, ports and seconds refuse what is none', () => {
  for (const value of ['-1', '1.5', 'x', '', '1e3', '99999999999'])
    expect(() => parseCount(value)).toThrow(/whole number/);
  for (const value of ['-1', '65536', 'x', '']) expect(() => parsePort(value)).toThrow(/expected a port/);
  for (const value of ['0', '-1', 'x', '', '1s']) expect(() => parseSeconds(value)).toThrow(/expected seconds/);
  expect([parseCount('0'), parsePort('0'), parseSeconds('0.5')]).toEqual([0, 0, 0.5]);
});

test('sizes and ages are shown in three digits and the unit that fits', () => {
  expect([0, 999, 1000, 61_704, 10_485_760, 5e12].map(showSize)).toEqual([
    '0B',
    '999B',
    '1.0K',
    '60.3K',
    '10.0M',
    '4.5T',
  ]);
  const now = Date.parse('2026-11-22T12:00:00Z');
  const before = (seconds: number) => showAge(new Date(now - seconds * 1000).toISOString(), now);
  expect([0, 119, 120, 7200, 172_800].map(before)).toEqual(['0s', '119s', '2m', '2h', '2d']);
});

describe('where a server is', () => {
  test.each([
    ['root@mx1.example', { user: 'root', host: 'mx1.example', port: 22 }],
    ['ops@10.0.0.1:2222', { user: 'ops', host: '10.0.0.1', port: 2222 }],
    ['ops@[2001:db8::1]:2222', { user: 'ops', host: '2001:db8::1', port: 2222 }],
    ['ops@2001:db8::1', { user: 'ops', host: '2001:db8::1', port: 22 }],
  ])('%s', (value, target) => expect(parseTarget(value)).toEqual(target));
  test.each(['mx1.example', '@mx1', 'root@', 'root@mx1:0', 'root@mx1:65536', 'root@mx1:ssh', 'a@b@c:22'])(
    'refused: %s',
    (value) => {
      expect(() => parseTarget(value)).toThrow(/expected USER@HOST/);
    },
  );
  test('jump hosts keep their order, in one option or several', () => {
    const hosts = parseJumps('c@three', parseJumps('a@one,b@two:2022', undefined)).map(
      ({ host, port }) => `${host}:${port}`,
    );
    expect(hosts).toEqual(['one:22', 'two:2022', 'three:22']);
  });
});
