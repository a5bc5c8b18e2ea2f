import { describe, expect, test } from 'vitest';
import { groupTerm, leaveOut, narrow, parseQuery } from '../../../renderer/ui/search/queue-query.ts';
import { parseDuration, parseSize, splitTerms, writeTerm } from '../../../renderer/ui/search/terms.ts';

describe('a term that leaves out', () => {
  test('is a key after a minus; each leaves out by itself', () => {
    expect(parseQuery('older:2h -sender:a@x.example -sender:@y.example -status:held').filter).toEqual({
      olderThan: 7200,
      without: [{ sender: 'a@x.example' }, { sender: '@y.example' }, { queue: ['hold'] }],
    });
  });

  test('a minus before anything else belongs to the word', () => {
    expect(parseQuery('-x -http://x -').filter).toEqual({ text: '-x -http://x -' });
  });

  test('one that cannot be read leaves nothing out', () => {
    const { filter, terms } = parseQuery('-older:soon -to:');
    expect(filter).toEqual({});
    expect(terms.map((term) => term.problem)).toEqual(['not-a-duration', 'no-value']);
  });

  test('past fifty they are named, not sent', () => {
    const { filter, terms } = parseQuery(Array.from({ length: 51 }, (_, at) => `-sender:u${at}@x.example`).join(' '));
    expect(filter.without).toHaveLength(50);
    expect(terms.at(-1)?.problem).toBe('too-many');
  });
});

describe('a group as a term', () => {
  test.each([
    ['sender', 'anna@x.example', { sender: 'anna@x.example' }],
    ['sender', '*@x.example', { sender: '=*@x.example' }],
    ['sender', '"promo; $(reboot)"@x.example', { sender: 'promo; $(reboot)@x.example' }],
    ['sender', '<>', { sender: '<>' }],
    ['sender-domain', 'x.example', { sender: '@x.example' }],
    ['recipient-domain', 'x.example', { recipient: '@x.example' }],
    ['reason', '421 4.7.0 Try again later, see *', { reasonKey: '421 4.7.0 Try again later, see *' }],
    ['reason', '', { reasonKey: '' }],
    ['login', 'anna', { login: '=anna' }],
    ['queue', 'hold', { queue: ['hold'] }],
  ] as const)('%s %s', (by, key, filter) => {
    const term = groupTerm(by, key);
    expect(term).not.toBeNull();
    expect(parseQuery(term ?? '').filter).toEqual(filter);
    expect(parseQuery(leaveOut('', term ?? '')).filter).toEqual({ without: [filter] });
  });

  test.each([
    ['age', '1h'],
    ['login', ''],
    ['recipient-domain', ''],
    ['sender', 'odd "name"@x.example'],
  ] as const)('%s "%s" is not said by any', (by, key) => expect(groupTerm(by, key)).toBeNull());

  test('narrowing takes the place of a term of the same key; leaving out adds', () => {
    expect(narrow('sender:a older:2h', 'sender:b@x.example')).toBe('older:2h sender:b@x.example');
    expect(leaveOut('sender:a older:2h', 'sender:b@x.example')).toBe('sender:a older:2h -sender:b@x.example');
    expect(leaveOut('-sender:b@x.example', 'sender:b@x.example')).toBe('-sender:b@x.example');
  });
});

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
