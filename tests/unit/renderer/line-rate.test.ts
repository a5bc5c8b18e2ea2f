import { describe, expect, test } from 'vitest';
import { LineRate } from '../../../renderer/screens/logs/live/line-rate.ts';

describe('lines a second of a live log', () => {
  test('counts what came, and falls to nothing when nothing comes', () => {
    const rate = new LineRate();
    expect(rate.at(0)).toBeNull();
    for (let second = 0; second <= 20; second += 1) rate.take(1000 + second * 50, second * 1000);
    expect(rate.at(20_000)).toBe(50);
    expect(rate.at(25_000)).toBe(25);
    expect(rate.at(60_000)).toBe(0);
  });

  test('what is fetched on the way to the end of the log is not what is written now', () => {
    const rate = new LineRate();
    rate.take(0, 0);
    rate.take(null, 1000);
    rate.take(400_000, 2000);
    expect(rate.at(2500)).toBeNull();
    rate.take(400_010, 4000);
    expect(rate.at(4000)).toBe(5);
  });

  test('a mirror that begins anew takes nothing away', () => {
    const rate = new LineRate();
    rate.take(900, 0);
    rate.take(10, 5000);
    rate.take(30, 7000);
    expect(rate.at(7000)).toBe(10);
  });
});
