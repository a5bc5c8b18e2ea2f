import { describe, expect, test } from 'vitest';
import { parseQuery } from '../../../renderer/screens/queue/query.ts';
import { parseDuration, parseSize, splitTerms, writeTerm } from '../../../renderer/ui/search/terms.ts';

describe('the search bar', () => {
  test('reads every key', () => {
    const { filter, terms } = parseQuery(
      'sender:anna@ to:@gmail.example status:deferred,held reason:"rate limit" login:anna older:2h newer:3d larger:1M smaller:2,5G',
    );
    expect(terms.every((term) => term.problem === null)).toBe(true);
    expect(filter).toEqual({
      sender: 'anna@',
      recipient: '@gmail.example',
      queue: ['deferred', 'hold'],
      reason: 'rate limit',
      login: 'anna',
      olderThan: 7200,
      newerThan: 259_200,
      minSize: 1_000_000,
      maxSize: 2_500_000_000,
    });
  });

  test('joins free words, also those with a colon that is no key', () => {
    expect(parseQuery('connection timed http://x').filter).toEqual({ text: 'connection timed http://x' });
  });

  test('understands other spellings of keys', () => {
    expect(parseQuery('queue:hold from:a@b.example').filter).toEqual({ queue: ['hold'], sender: 'a@b.example' });
  });

  test('keeps the null sender', () => {
    expect(parseQuery('sender:<>').filter).toEqual({ sender: '<>' });
  });

  test('leaves a wrong term out of the filter and names its problem', () => {
    const { filter, terms } = parseQuery('status:sent older:soon larger:big reason: older:2h older:3h');
    expect(terms.map((term) => term.problem)).toEqual([
      'unknown-status',
      'not-a-duration',
      'not-a-size',
      'no-value',
      null,
      'twice',
    ]);
    expect(filter).toEqual({ olderThan: 7200 });
  });

  test('an empty bar asks for nothing', () => {
    expect(parseQuery('  ')).toEqual({ terms: [], filter: {} });
  });

  test('a term that is written is read back as it was', () => {
    for (const value of ['anna@firma.example', '421 4.7.0 Try again later', '<>']) {
      const { terms } = parseQuery(writeTerm('reason', value));
      expect(terms).toHaveLength(1);
      expect(terms[0]?.value).toBe(value);
    }
  });

  test('an open quote keeps the rest together', () => {
    expect(splitTerms('a reason:"rate lim')).toEqual(['a', 'reason:"rate lim']);
  });
});

test('durations', () => {
  expect(['90', '5m', '1d12h', '2W', '5x', 'm', '-1h', ''].map(parseDuration)).toEqual([
    90,
    300,
    129_600,
    1_209_600,
    null,
    null,
    null,
    null,
  ]);
});

test('sizes', () => {
  expect(['500', '100k', '1.5MB', '2g', '12 kB', 'k', '1.2.3'].map(parseSize)).toEqual([
    500,
    100_000,
    1_500_000,
    2_000_000_000,
    12_000,
    null,
    null,
  ]);
});
