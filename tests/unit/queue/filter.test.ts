import { describe, expect, test } from 'vitest';
import { messageTest } from '#core/queue/filter.ts';
import { needsLogins } from '#core/queue/reading-words.ts';
import { QueueFilter, type QueueMessage, QueueTarget } from '#shared/model/queue.ts';

const NOW = Date.parse('2026-11-22T12:00:00.000Z');

function message(over: Partial<QueueMessage> = {}): QueueMessage {
  return {
    id: '9CA0E2C6',
    queue: 'deferred',
    arrivalTime: '2026-11-22T11:00:00.000Z',
    size: 452,
    sender: 'Alice@Alpha.test',
    recipients: [
      { address: 'u1@down.test', reason: 'connect to down.lab.test[10.77.0.53]:25: Connection refused' },
      { address: 'bob@gamma.test', reason: null },
    ],
    forcedExpire: false,
    login: 'alice@alpha.test',
    ...over,
  };
}

const matches = (filter: QueueFilter, over: Partial<QueueMessage> = {}): boolean =>
  messageTest(filter, NOW)(message(over));

describe('what a filter leaves out', () => {
  test('any of its parts leaves a message out, each by all of its own fields', () => {
    expect(matches({ without: [{ sender: 'bob@alpha.test' }] })).toBe(true);
    expect(matches({ without: [{ sender: 'bob@alpha.test' }, { sender: 'alice@alpha.test' }] })).toBe(false);
    expect(matches({ without: [{ sender: 'alice@alpha.test', queue: ['hold'] }] })).toBe(true);
    expect(matches({ queue: ['deferred'], without: [{ recipient: '@gamma.test' }] })).toBe(false);
  });

  test('it can ask for logins', () => {
    expect(needsLogins({ sender: 'a' })).toBe(false);
    expect(needsLogins({ without: [{ login: 'alice@alpha.test' }] })).toBe(true);
    expect(matches({ without: [{ login: 'alice@alpha.test' }] })).toBe(false);
    expect(matches({ without: [{ login: 'alice@alpha.test' }] }, { login: null })).toBe(true);
  });

  test('a part that asks for nothing is refused: it would leave out everything', () => {
    expect(QueueFilter.safeParse({ without: [{}] }).success).toBe(false);
    expect(QueueTarget.safeParse({ by: 'all', without: [{}] }).success).toBe(false);
    expect(QueueTarget.safeParse({ by: 'all', without: [{ sender: '@x.test' }] }).success).toBe(true);
  });
});

describe('an address field of a filter', () => {
  test('=ADDRESS is that address to the letter: a sender may have a star in its name', () => {
    expect(matches({ sender: '=*@alpha.test' })).toBe(false);
    expect(matches({ sender: '=*@alpha.test' }, { sender: '*@alpha.test' })).toBe(true);
    expect(matches({ sender: '=alice@alpha.test' })).toBe(true);
    expect(matches({ sender: '=alice' })).toBe(false);
    expect(matches({ sender: '=alice' }, { sender: 'alice' })).toBe(true);
  });

  test.each([
    ['alice@alpha.test', true],
    ['ALICE@ALPHA.TEST', true],
    ['lice@alpha.test', false],
    ['@alpha.test', true],
    ['@lpha.test', false],
    ['alice@', true],
    ['lice@', false],
    ['ali', true],
    ['pha.te', true],
    ['bob', false],
    ['<>', false],
    ['*@alpha.test', true],
    ['alice@*', true],
    ['a*@*.test', true],
    ['*alpha', false],
    ['*', true],
    ['.*@alpha.test', false],
    ['[a-z]*', false],
  ])('%s on Alice@Alpha.test: %s', (sender, expected) => {
    expect(matches({ sender })).toBe(expected);
  });

  test('<> is the null sender alone; no fragment matches it', () => {
    expect(matches({ sender: '<>' }, { sender: '' })).toBe(true);
    expect(matches({ sender: 'a' }, { sender: '' })).toBe(false);
    expect(matches({ sender: '*' }, { sender: '' })).toBe(true);
  });

  test.each(['"we ird"@alpha.test', 'we ird@alpha.test'])(
    'quotes around a local part make no other address: %s',
    (sender) => {
      expect(matches({ sender }, { sender: '"we ird"@alpha.test' })).toBe(true);
      expect(matches({ sender }, { sender: 'we ird@alpha.test' })).toBe(true);
    },
  );

  test('an @ inside quotes is not the one before the domain', () => {
    expect(matches({ sender: '@real.test' }, { sender: '"a@fake.test"@real.test' })).toBe(true);
    expect(matches({ sender: '@fake.test' }, { sender: '"a@fake.test"@real.test' })).toBe(false);
  });

  test.each(['"promo; $(reboot) `id`"@x.test', 'żółć@pączki.test', '(a+)+$@x.test', '\\@x.test'])(
    '%s matches itself and is no pattern',
    (sender) => {
      expect(matches({ sender }, { sender })).toBe(true);
      expect(matches({ sender }, { sender: 'other@x.test' })).toBe(false);
    },
  );

  test('any recipient may match; a login must be there to match', () => {
    expect(matches({ recipient: '@gamma.test' })).toBe(true);
    expect(matches({ recipient: '@gamma' })).toBe(false);
    expect(matches({ login: 'alice@' })).toBe(true);
    expect(matches({ login: '*' }, { login: null })).toBe(false);
  });
});

describe('the other fields of a filter', () => {
  test('ages and sizes include their ends', () => {
    expect(matches({ olderThan: 3600 })).toBe(true);
    expect(matches({ olderThan: 3601 })).toBe(false);
    expect(matches({ newerThan: 3600 })).toBe(true);
    expect(matches({ newerThan: 3599 })).toBe(false);
    expect(matches({ minSize: 452, maxSize: 452 })).toBe(true);
    expect(matches({ minSize: 453 })).toBe(false);
    expect(matches({ maxSize: 451 })).toBe(false);
  });

  test('a reason is a fragment of any recipient’s; its key is that of the cluster', () => {
    expect(matches({ reason: 'CONNECTION REFUSED' })).toBe(true);
    expect(matches({ reason: 'timed out' })).toBe(false);
    expect(matches({ reasonKey: 'connect to down.lab.test: Connection refused' })).toBe(true);
    expect(matches({ reasonKey: 'connect to' })).toBe(false);
    expect(matches({ reasonKey: '' }, { recipients: [{ address: 'a@b.test', reason: null }] })).toBe(true);
  });

  test('text looks in id, sender, recipients and reasons, and never across two of them', () => {
    for (const text of ['9ca0', 'alpha.test', 'gamma', 'refused']) expect(matches({ text }), text).toBe(true);
    expect(matches({ text: '9CA0E2C6alice' })).toBe(false);
    expect(matches({ text: 'nowhere' })).toBe(false);
  });

  test('queues are alternatives, fields are joined by and, no queue at all matches nothing', () => {
    expect(matches({ queue: ['hold', 'deferred'] })).toBe(true);
    expect(matches({ queue: ['hold'] })).toBe(false);
    expect(matches({ queue: [] })).toBe(false);
    expect(matches({ queue: ['deferred'], sender: 'bob' })).toBe(false);
    expect(matches({})).toBe(true);
  });
});
