import { describe, expect, it } from 'vitest';
import { parseLogQuery, parseTime, withTerms, writeLogTerm } from '../../../renderer/screens/logs/log-query.ts';

const END = new Date('2026-11-22T14:12:30').getTime();

describe('the search bar of a log', () => {
  it('reads every key into its field', () => {
    const { filter, terms } = parseLogQuery(
      'from:a@x.example to:b@y.example address:c@z.example domain:x.example ip:203.0.113.0/24 login:anna id:4dF9TnC4xzPk ' +
        'msgid:m@x relay:gmail status:deferred reason:"rate limit" part:ann kind:message host:mx1 tls:yes larger:10k smaller:2M score:>5 word',
      END,
    );
    expect(terms.filter((term) => term.problem !== null)).toEqual([]);
    expect(filter).toEqual({
      from: 'a@x.example',
      to: 'b@y.example',
      address: 'c@z.example',
      domain: 'x.example',
      ip: '203.0.113.0/24',
      login: 'anna',
      queueId: '4dF9TnC4xzPk',
      messageId: 'm@x',
      relay: 'gmail',
      status: 'deferred',
      reason: 'rate limit',
      part: 'ann',
      kind: 'message',
      host: 'mx1',
      tls: true,
      minSize: 10_000,
      maxSize: 2_000_000,
      minScore: 5,
      text: 'word',
    });
  });

  it('takes <> as the null sender and writes it back so', () => {
    expect(parseLogQuery('from:<>', END).filter).toEqual({ from: '' });
    expect(writeLogTerm('from', '')).toBe('from:<>');
  });

  it('joins free words to one text', () => {
    expect(parseLogQuery('connection timed out', END).filter).toEqual({ text: 'connection timed out' });
  });

  it.each([
    ['status:lost', 'unknown-status'],
    ['kind:mail', 'unknown-kind'],
    ['since:soon', 'not-a-time'],
    ['since:2026-13-40', 'not-a-time'],
    ['larger:big', 'not-a-size'],
    ['score:high', 'not-a-number'],
    ['from:', 'no-value'],
    [`reason:${'x'.repeat(1001)}`, 'too-long'],
  ])('keeps %s for the bar and out of the filter', (text, problem) => {
    const { filter, terms } = parseLogQuery(text, END);
    expect(terms[0]?.problem).toBe(problem);
    expect(filter).toEqual({});
  });

  it('takes the first of two terms of a key', () => {
    const { filter, terms } = parseLogQuery('to:a@x.example to:b@x.example', END);
    expect(filter).toEqual({ to: 'a@x.example' });
    expect(terms[1]?.problem).toBe('twice');
  });

  it('takes names that every object has as plain words', () => {
    expect(parseLogQuery('constructor:x __proto__:y', END).filter).toEqual({ text: 'constructor:x __proto__:y' });
  });

  it('writes what it reads back', () => {
    const value = 'Mailbox full, try "later"';
    const { filter } = parseLogQuery(writeLogTerm('reason', value), END);
    expect(filter.reason).toBe('Mailbox full, try later');
  });
});

describe('times', () => {
  it('count back from the end of the log', () => {
    expect(parseTime('2h', END)).toBe(END - 7_200_000);
    expect(parseTime('1d12h', END)).toBe(END - 36 * 3_600_000);
  });

  it('of the clock are on the last day', () => {
    expect(parseTime('11:30', END)).toBe(new Date('2026-11-22T11:30:00').getTime());
  });

  it('with a date are local unless they say their zone', () => {
    expect(parseTime('2026-11-20', END)).toBe(new Date('2026-11-20T00:00:00').getTime());
    expect(parseTime('2026-11-20T10:00', END)).toBe(new Date('2026-11-20T10:00:00').getTime());
    expect(parseTime('2026-11-20T10:00:00Z', END)).toBe(Date.UTC(2026, 10, 20, 10));
    expect(parseTime('2026-11-20T10:00:00+0200', END)).toBe(Date.UTC(2026, 10, 20, 8));
  });

  it('that are none are null', () => {
    for (const text of ['', '25:00', 'yesterday', '2026', '-2h']) expect(parseTime(text, END), text).toBeNull();
  });
});

describe('what a plot adds to the search', () => {
  it('takes the place of terms of the same key and leaves the others', () => {
    const query = withTerms('from:a@x.example status:sent words', [{ key: 'status', value: 'deferred' }]);
    expect(query).toBe('from:a@x.example words status:deferred');
  });
});
