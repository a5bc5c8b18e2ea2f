import { describe, expect, test } from 'vitest';
import { QueueTarget } from '#shared/model/queue.ts';
import {
  EVERYTHING,
  groupShare,
  isTicked,
  measure,
  NOTHING,
  setTicks,
  targetOf,
  toggle,
  wholeShare,
} from '../../../renderer/screens/queue/selection.ts';

const tick = (id: string, size = 10, group: string | null = null) => ({ id, size, group });
const matched = { count: 1204, size: 84_200 };

describe('ticking single messages', () => {
  test('a tick and a second tick of the same message leave nothing', () => {
    const once = toggle(NOTHING, tick('4dF7Qk2ZrzLm2'));
    expect(isTicked(once, '4dF7Qk2ZrzLm2')).toBe(true);
    expect(toggle(once, tick('4dF7Qk2ZrzLm2'))).toEqual(NOTHING);
  });

  test('counts bytes of what is ticked', () => {
    const some = setTicks(NOTHING, [tick('AAAA', 5), tick('BBBB', 7)], true);
    expect(measure(some, matched)).toEqual({ count: 2, size: 12 });
    expect(wholeShare(some, matched.count)).toBe('some');
  });

  test('names exactly these ids in the change', () => {
    const some = setTicks(NOTHING, [tick('AAAA'), tick('BBBB')], true);
    expect(targetOf(some, { sender: 'x' })).toEqual({ by: 'ids', ids: ['AAAA', 'BBBB'] });
  });
});

describe('all matches', () => {
  test('counts every match, loaded or not', () => {
    expect(measure(EVERYTHING, matched)).toEqual({ count: 1204, size: 84_200 });
    expect(wholeShare(EVERYTHING, 1204)).toBe('all');
    expect(isTicked(EVERYTHING, 'never-loaded')).toBe(true);
  });

  test('an untick becomes an exception of the change', () => {
    const but = toggle(EVERYTHING, tick('AAAA', 200));
    expect(measure(but, matched)).toEqual({ count: 1203, size: 84_000 });
    expect(targetOf(but, { sender: 'anna@' })).toEqual({ by: 'filter', filter: { sender: 'anna@' }, except: ['AAAA'] });
    expect(toggle(but, tick('AAAA', 200))).toEqual(EVERYTHING);
  });

  test('without a search it says all, never an empty filter', () => {
    const target = targetOf(EVERYTHING, {});
    expect(target).toEqual({ by: 'all', except: [] });
    expect(QueueTarget.safeParse(target).success).toBe(true);
  });
});

describe('groups', () => {
  const group = { key: 'rate limit', count: 2 };

  test('tell none, some, all', () => {
    const one = setTicks(NOTHING, [tick('AAAA', 1, 'reason:rate limit')], true);
    const two = setTicks(one, [tick('BBBB', 1, 'reason:rate limit')], true);
    expect(groupShare(NOTHING, 'reason', group)).toBe('none');
    expect(groupShare(one, 'reason', group)).toBe('some');
    expect(groupShare(two, 'reason', group)).toBe('all');
    expect(groupShare(two, 'sender', group)).toBe('none');
  });

  test('of all matches lose their exceptions', () => {
    const but = setTicks(EVERYTHING, [tick('AAAA', 1, 'reason:rate limit')], false);
    expect(groupShare(but, 'reason', group)).toBe('some');
    expect(groupShare(but, 'reason', { key: 'other', count: 3 })).toBe('all');
  });
});

test('nothing ticked is no target', () => {
  expect(targetOf(NOTHING, {})).toBeNull();
});
