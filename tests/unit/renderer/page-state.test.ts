import { describe, expect, test } from 'vitest';
import { placeOn } from '../../../renderer/app/place-on.ts';
import { withSearch } from '../../../renderer/app/searches/with-search.ts';
import { restAfter } from '../../../renderer/screens/queue/rest-after.ts';
import { formatFor } from '../../../renderer/i18n/format.ts';

describe('another server is met on the tab that is open', () => {
  test.each([
    ['/queue/a', { q: 'sender:x', m: '4d2Q' }, '/queue/b', {}],
    ['/accounts/a', { view: 'aliases', open: 'info@x' }, '/accounts/b', { view: 'aliases' }],
    ['/accounts/a', { view: 'import' }, '/accounts/b', {}],
    ['/server/a', {}, '/server/b', {}],
    ['/logs', { set: 'mail.log', view: 'report' }, '/logs', { server: 'b', view: 'report' }],
    ['/logs', { view: 'files' }, '/logs', { server: 'b' }],
    ['/journal', { change: 'c' }, '/journal', { server: 'b' }],
    ['/', {}, '/queue/b', {}],
  ])('%s %o', (path, search, expected, kept) => {
    expect(placeOn('b', path, search)).toEqual([expected, kept]);
  });
});

describe('saved searches', () => {
  const a = { name: 'a', query: 'status:held' };
  const b = { name: 'b', query: 'older:2h' };
  test('a new one stands last; one of the same name is replaced where it stood', () => {
    expect(withSearch([a], b)).toEqual([a, b]);
    expect(withSearch([a, b], { name: 'a', query: 'x' })).toEqual([{ name: 'a', query: 'x' }, b]);
  });
  test('a new name keeps the place, and takes the place of who had it', () => {
    expect(withSearch([a, b], { name: 'c', query: a.query }, 'a')).toEqual([{ name: 'c', query: a.query }, b]);
    expect(withSearch([a, b], { name: 'b', query: a.query }, 'a')).toEqual([{ name: 'b', query: a.query }]);
  });
});

describe('readings that follow each other', () => {
  test('wait as set while they are quick, and three times as long as they take when they are not', () => {
    expect(restAfter(400, 15)).toBe(15);
    expect(restAfter(5000, 15)).toBe(15);
    expect(restAfter(20_000, 15)).toBe(60);
  });
  test('do not follow each other where that is turned off', () => {
    expect(restAfter(20_000, 0)).toBe(0);
  });
});

test('counts in Polish group as the plurals of its sentences do', () => {
  const pl = formatFor('pl');
  for (const value of [7, 1204, 9999, 18_402, 1_204_000])
    expect(pl.count(value)).toBe(new Intl.NumberFormat('pl').format(value));
});
