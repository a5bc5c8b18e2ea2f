import { describe, expect, test } from 'vitest';
import type { Account } from '#shared/model/account.ts';
import { NO_SIEVE } from '#shared/model/sieve.ts';
import {
  accountProblems,
  accountRequests,
  changedFields,
  sieveChanges,
  stateOf,
} from '../../../renderer/screens/accounts/account-form.ts';
import { filterOf, parseQuery, writeQuery } from '../../../renderer/screens/accounts/account-query.ts';
import { csvHeader, guessColumns } from '../../../renderer/screens/accounts/csv-header.ts';
import {
  ALL,
  countPicks,
  isPicked,
  NONE,
  setPicks,
  shareOf,
  togglePick,
  wholeTarget,
} from '../../../renderer/screens/accounts/picks.ts';
import { randomPassword } from '../../../renderer/screens/accounts/random-password.ts';
import { routeEnds, routeTree } from '../../../renderer/screens/accounts/route-tree.ts';
import { newRule, parseList, sieveProblem } from '../../../renderer/screens/accounts/sieve-form.ts';
import { binarySize, quotaText } from '../../../renderer/screens/accounts/sizes.ts';
import { readViewState, writeViewState } from '../../../renderer/screens/accounts/view-state.ts';
import { parseQuota } from '#shared/model/mail-address.ts';

const account: Account = {
  address: 'anna@alpha.test',
  login: 'anna@alpha.test',
  domain: 'alpha.test',
  name: 'Anna',
  backend: 'passwd-file',
  quota: 5 * 1024 ** 3,
  used: 1024 ** 3,
  messages: 12,
  share: 0.2,
  lastLogin: null,
  blocks: { login: false, sending: false, receiving: false },
  blocked: false,
  expires: null,
  expired: false,
  home: '/var/vmail/alpha.test/anna',
};
const off = { login: true, sending: true, receiving: true };

describe('the form of an account', () => {
  test('what is typed back to what it was is no change', () => {
    expect(changedFields(account, { name: 'Anna', quota: '5G', expires: '', password: '' })).toEqual([]);
    expect(changedFields(account, { name: 'Ann', quota: '5120M', address: 'ANNA@alpha.test' })).toEqual(['name']);
    expect(changedFields(account, { sending: true })).toEqual([]);
    expect(changedFields(account, { blocked: true, sending: true })).toEqual(['blocked', 'sending']);
  });

  test('only changed fields are judged', () => {
    expect(accountProblems({ quota: 'lots', address: 'no' }, ['quota'])).toHaveProperty('quota.id', 'quota.bad');
    expect(accountProblems({ quota: 'lots' }, [])).toEqual({});
    expect(accountProblems({ expires: '' }, ['expires'])).toEqual({});
  });

  test('each kind of change is a plan of its own, and the address comes last', () => {
    const edits = {
      name: '',
      password: 'Zażółć-7',
      blocked: true,
      receiving: true,
      address: 'Ann@alpha.test',
      sieve: { ...NO_SIEVE, notify: 'x@y.test' },
    };
    const requests = accountRequests('s', account, edits, { sieve: NO_SIEVE, filters: [] }, 'id');
    expect(requests.map((request) => request.kind)).toEqual([
      'accounts.edit',
      'accounts.block',
      'accounts.sieve',
      'accounts.rename',
    ]);
    expect(requests[0]).toEqual({
      kind: 'accounts.edit',
      serverId: 's',
      target: { by: 'addresses', addresses: ['anna@alpha.test'] },
      name: null,
      secretId: 'id',
    });
    expect(requests[1]).toMatchObject({ sending: false, receiving: true });
    expect(requests[3]).toMatchObject({ address: 'anna@alpha.test', to: 'ann@alpha.test' });
    expect(JSON.stringify(requests)).not.toContain('Zażółć-7');
  });

  test('to refuse less, a block is lifted first', () => {
    const blocked = { ...account, blocked: true, blocks: off };
    const kinds = (edits: object) =>
      accountRequests('s', blocked, edits, { sieve: null, filters: [] }, null).map((request) => request.kind);
    expect(kinds({ sending: false })).toEqual(['accounts.unblock', 'accounts.block']);
    expect(kinds({ blocked: false })).toEqual(['accounts.unblock']);
  });

  test('sections of the rules are counted, not their lines', () => {
    expect(sieveChanges(NO_SIEVE, { ...NO_SIEVE, allow: ['a@b.test', 'c@d.test'], notify: 'x@y.test' })).toEqual([
      'allow',
      'notify',
    ]);
    expect(sieveChanges(null, NO_SIEVE)).toEqual([]);
  });

  test('what is refused says more than a full or expired mailbox', () => {
    const of = (change: Partial<Account>) => stateOf({ ...account, ...change });
    expect(of({})).toBe('active');
    expect(of({ share: 1 })).toBe('full');
    expect(of({ share: 1, expired: true })).toBe('expired');
    expect(of({ blocked: true, expired: true, blocks: off })).toBe('off');
    expect(of({ blocked: true, blocks: { ...off, receiving: false } })).toBe('receive-only');
    expect(of({ blocked: true, blocks: { login: true, sending: false, receiving: false } })).toBe('no-login');
    expect(of({ blocks: { login: false, sending: true, receiving: false } })).toBe('partly');
  });
});

describe('rules', () => {
  test('an incomplete rule or a bad address keeps them from being written', () => {
    expect(sieveProblem(NO_SIEVE)).toBeNull();
    expect(sieveProblem({ ...NO_SIEVE, rules: [newRule('Bills')] })).toMatchObject({ values: { name: 'Bills' } });
    expect(sieveProblem({ ...NO_SIEVE, forward: { to: ['nowhere'], keep: true } })?.id).toBe('address.no-at');
    expect(sieveProblem({ ...NO_SIEVE, deny: ['@spam.test', 'joe@spam.test'] })).toBeNull();
    const vacation = {
      subject: 'Away',
      text: 'Back soon',
      from: '2027-02-01',
      until: '2027-01-01',
      days: 7,
      addresses: [],
    };
    expect(sieveProblem({ ...NO_SIEVE, vacation })?.id).toBe('sieve-form.dates');
  });

  test('a box of addresses takes lines, commas and blanks', () => {
    expect(parseList(' a@b.test,\nc@d.test;  e@f.test \n')).toEqual(['a@b.test', 'c@d.test', 'e@f.test']);
  });
});

describe('ticks', () => {
  test('all matches but some is counted and named without a list where that is possible', () => {
    const picks = togglePick(ALL, 'a');
    expect([isPicked(picks, 'a'), isPicked(picks, 'b'), countPicks(picks, 50_000)]).toEqual([false, true, 49_999]);
    expect(shareOf(picks, 50_000)).toBe('some');
    expect(shareOf(setPicks(NONE, ['a', 'b'], true), 2)).toBe('all');
    expect(wholeTarget(ALL, {})).toEqual({ by: 'all' });
    expect(wholeTarget(ALL, { domain: 'alpha.test' })).toEqual({ by: 'domain', domain: 'alpha.test' });
  });

  test('a search never widens into every account', () => {
    expect(wholeTarget(ALL, { text: 'a' })).toBeNull();
    expect(wholeTarget(ALL, { domain: 'alpha.test', blocked: true })).toBeNull();
    expect(wholeTarget(togglePick(ALL, 'a'), {})).toBeNull();
  });
});

test('the search keeps its domain apart from the fragment, both ways', () => {
  expect(parseQuery('domain:Alpha.test anna  k')).toEqual({ domain: 'alpha.test', text: 'anna k' });
  expect(writeQuery(parseQuery('anna domain:alpha.test'))).toBe('domain:alpha.test anna');
  expect(filterOf('domain:alpha.test', 'near')).toEqual({ domain: 'alpha.test', nearQuota: true });
  expect(filterOf('', 'all')).toEqual({});
});

test('the view comes back from its address as it was', () => {
  const state = {
    view: 'aliases',
    q: '42',
    show: 'blocked',
    sort: { field: 'used', descending: true },
    open: 'a@b.test',
  } as const;
  expect(readViewState(writeViewState(state))).toEqual(state);
  expect(writeViewState(readViewState({ view: 'nonsense', q: 42, show: 7 }))).toEqual({ q: '42' });
});

test('sizes are powers of 1024, and a quota reads back as the same bytes', () => {
  expect([binarySize(52_428_800, 'en'), binarySize(1.5 * 1024 ** 3, 'pl'), binarySize(0, 'en')]).toEqual([
    '50 MiB',
    '1,5 GiB',
    '0 B',
  ]);
  for (const bytes of [1, 1000, 1024, 1536 * 1024 ** 2, 5 * 1024 ** 3, 52_428_801]) {
    expect(parseQuota(quotaText(bytes))).toEqual({ ok: true, value: bytes });
  }
  expect(quotaText(null)).toBe('');
});

test('the way of mail is a tree; what comes twice is drawn once, and a loop ends', () => {
  const steps = [
    { address: 'team@a.test', depth: 0, kind: 'alias' as const, to: ['x@a.test', 'y@a.test'], by: 'hash:/v' },
    { address: 'x@a.test', depth: 1, kind: 'alias' as const, to: ['y@a.test', 'team@a.test'], by: 'hash:/v' },
    { address: 'y@a.test', depth: 1, kind: 'mailbox' as const, to: [], by: 'users' },
  ];
  const tree = routeTree('Team@a.test', steps);
  const [x, y] = tree.ways[0]?.to ?? [];
  expect(x?.ways[0]?.to.map((node) => [node.address, node.again, node.ends.length])).toEqual([
    ['y@a.test', false, 1],
    ['team@a.test', true, 0],
  ]);
  expect(y).toMatchObject({ address: 'y@a.test', again: true });
  expect(routeEnds(steps)).toEqual({ boxes: 1, away: 0, bad: 0 });
});

test('columns of a CSV are found under the names other programs give them, each once', () => {
  expect(csvHeader('\uFEFF"E-mail";"Full; name";Quota\nx;y;z')).toEqual(['E-mail', 'Full; name', 'Quota']);
  expect(guessColumns(['E-Mail Address', 'Display Name', 'Pass'], ['address', 'password', 'name', 'quota'])).toEqual({
    address: 'E-Mail Address',
    password: 'Pass',
    name: 'Display Name',
  });
  expect(guessColumns(['address', 'goto'], ['alias', 'targets'])).toEqual({ alias: 'address', targets: 'goto' });
});

test('made passwords have no letter that is mistaken for another, and none comes twice', () => {
  const made = Array.from({ length: 200 }, randomPassword);
  for (const password of made) expect(password).toMatch(/^([a-km-zA-HJ-NP-Z2-9]{5}-){3}[a-km-zA-HJ-NP-Z2-9]{5}$/);
  expect(new Set(made).size).toBe(200);
});
