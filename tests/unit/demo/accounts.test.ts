import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { AccountVerbs, DirectoryRequest } from '#drivers/accounts.ts';
import { openDemo } from '#drivers/index.ts';
import { NO_SIEVE } from '#shared/model/sieve.ts';

const signal = new AbortController().signal;
const watch = { signal, ran: () => undefined, progress: () => undefined };
const serverId = 'demo';
const anna = { by: 'addresses' as const, addresses: ['anna@firma.example'] };

function open(stateFile: string | null = null): AccountVerbs {
  const { accounts } = openDemo({ stateFile });
  if (!accounts) throw new Error('the demo has no accounts');
  return accounts;
}

let serial = 0;
async function change(verbs: AccountVerbs, request: DirectoryRequest): Promise<string> {
  const changeId = `change-${(serial += 1)}`;
  const { seen } = await verbs.plan(request, signal);
  await verbs.apply(request, { changeId, seen, passwords: new Map() }, watch);
  expect(await verbs.state(changeId, signal)).toMatchObject({ before: 0, neither: [], recorded: true });
  return changeId;
}

async function undo(verbs: AccountVerbs, undone: string): Promise<void> {
  const changeId = `undo-${(serial += 1)}`;
  const { seen } = await verbs.planUndo(undone, signal);
  await verbs.applyUndo(undone, { changeId, seen }, watch);
}

const all = async (verbs: AccountVerbs) => {
  const { accounts, aliases, domains, outgoing, abilities } = await verbs.list({ usage: true, signal });
  return { accounts, aliases, domains, outgoing, abilities };
};

describe('the demo’s accounts', () => {
  test('are people of the demo’s story, with loops, dead ends and an alias domain to be found', async () => {
    const { accounts, aliases, domains } = await all(open());
    expect(accounts.length).toBeGreaterThan(200);
    expect(new Set(accounts.map(({ address }) => address)).size).toBe(accounts.length);
    expect(accounts.some(({ blocked }) => blocked)).toBe(true);
    expect(accounts.some(({ share }) => (share ?? 0) >= 1)).toBe(true);
    expect(new Set(aliases.map(({ problem }) => problem))).toEqual(new Set([null, 'loop', 'dead-end']));
    expect(domains.find(({ aliasOf }) => aliasOf !== null)).toMatchObject({ domain: 'targi2027.example' });
  });

  const settings = { ...NO_SIEVE, forward: { to: ['x@y.example'], keep: true } };
  const requests: DirectoryRequest[] = [
    {
      kind: 'accounts.add',
      serverId,
      accounts: [{ address: 'nowy@firma.example', name: 'Nowy', quota: 1024, expires: null }],
      secretId: 'x',
    },
    { kind: 'accounts.edit', serverId, target: anna, name: 'Anna B', quota: null, secretId: 'x' },
    {
      kind: 'accounts.block',
      serverId,
      target: { by: 'domain', domain: 'szkola.example' },
      sending: true,
      receiving: false,
    },
    { kind: 'accounts.unblock', serverId, target: { by: 'all' } },
    { kind: 'accounts.delete', serverId, target: { by: 'domain', domain: 'targi.example' }, mail: 'aside' },
    { kind: 'accounts.rename', serverId, address: 'anna@firma.example', to: 'anna.b@firma.example', alias: true },
    { kind: 'accounts.sieve', serverId, address: 'anna@firma.example', settings },
    { kind: 'accounts.expiry', serverId, on: true },
    { kind: 'aliases.add', serverId, aliases: [{ name: 'all@firma.example', targets: ['anna@firma.example'] }] },
    { kind: 'aliases.edit', serverId, alias: { name: 'kontakt@firma.example', targets: ['anna@firma.example'] } },
    { kind: 'aliases.enable', serverId, names: ['kontakt@firma.example'], enabled: false },
    { kind: 'aliases.delete', serverId, names: ['kontakt@firma.example'] },
    { kind: 'domains.add', serverId, domain: 'nowa.example' },
    { kind: 'domains.alias', serverId, domain: 'nowa.example', to: 'firma.example' },
    { kind: 'domains.outgoing', serverId, domain: 'firma.example', ip: '192.0.2.26' },
    { kind: 'domains.outgoing', serverId, domain: null, ip: '192.0.2.26' },
    { kind: 'domains.delete', serverId, domain: 'szkola.example', mail: 'aside' },
  ];
  test.each(requests.map((request) => [request.kind, request] as const))(
    '%s shows, and undo takes it back',
    async (_, request) => {
      const verbs = open();
      const before = await all(verbs);
      const rules = (await verbs.mailbox('anna@firma.example', signal)).sieve;
      const id = await change(verbs, request);
      if (request.kind === 'accounts.sieve') {
        expect((await verbs.mailbox('anna@firma.example', signal)).sieve).toMatchObject({ settings });
      } else if (request.kind !== 'accounts.edit') expect(await all(verbs)).not.toEqual(before);
      await undo(verbs, id);
      expect(await all(verbs)).toEqual(before);
      expect((await verbs.mailbox('anna@firma.example', signal)).sieve).toEqual(rules);
    },
  );

  test('what somebody else changed in between is noticed, at apply and at undo', async () => {
    const verbs = open();
    const block: DirectoryRequest = {
      kind: 'accounts.block',
      serverId,
      target: anna,
      sending: false,
      receiving: false,
    };
    const { seen } = await verbs.plan(block, signal);
    const renamed = await change(verbs, { kind: 'accounts.edit', serverId, target: anna, name: 'Other' });
    const late = verbs.apply(block, { changeId: 'late', seen, passwords: new Map() }, watch);
    await expect(late).rejects.toMatchObject({ code: 'UNSAFE' });
    await change(verbs, block);
    await expect(verbs.planUndo(renamed, signal)).rejects.toMatchObject({ code: 'UNSAFE' });
  });

  test('refuses what a server would refuse', async () => {
    const verbs = open();
    const add = (address: string): DirectoryRequest => ({
      kind: 'accounts.add',
      serverId,
      accounts: [{ address, name: null, quota: null, expires: null }],
      secretId: 'x',
    });
    for (const bad of [
      'anna@firma.example',
      'x@nowhere.example',
      'x@targi2027.example',
      'ż@firma.example',
      'a b@firma.example',
    ]) {
      await expect(verbs.plan(add(bad), signal), bad).rejects.toMatchObject({ code: 'BAD_INPUT' });
    }
    const far: DirectoryRequest = { kind: 'domains.outgoing', serverId, domain: null, ip: '203.0.113.1' };
    await expect(verbs.plan(far, signal)).rejects.toMatchObject({ code: 'BAD_INPUT' });
  });

  test('is shared by the processes of a data folder, and keeps nothing of a password', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'postdeck-test-')), 'demo.json');
    const first = open(file);
    const request = requests[0] as DirectoryRequest;
    const { seen } = await first.plan(request, signal);
    const passwords = new Map([['nowy@firma.example', 'Very-secret-word']]);
    await first.apply(request, { changeId: 'shared', seen, passwords }, watch);
    const second = open(file);
    expect((await all(second)).accounts.some(({ address }) => address === 'nowy@firma.example')).toBe(true);
    await undo(second, 'shared');
    expect((await all(first)).accounts.some(({ address }) => address === 'nowy@firma.example')).toBe(false);
    expect(readFileSync(`${file}.accounts`, 'utf8')).not.toContain('secret-word');
  });

  test('tells the way of mail, and shows messages in windows', async () => {
    const verbs = open();
    expect((await verbs.route('kontakt@firma.example', signal)).map(({ kind }) => kind)).toEqual([
      'alias',
      'mailbox',
      'mailbox',
    ]);
    expect((await verbs.route('x@targi2027.example', signal)).map(({ kind }) => kind)).toEqual([
      'alias-domain',
      'catch-all',
      'mailbox',
    ]);
    expect((await verbs.route('rodzice@szkola.example', signal)).some(({ kind }) => kind === 'loop')).toBe(true);
    expect((await verbs.route('nobody@firma.example', signal)).map(({ kind }) => kind)).toEqual(['unknown']);

    const account = (await all(verbs)).accounts.find(({ messages }) => (messages ?? 0) > 1000);
    const place = { login: account?.login ?? '', folder: 'INBOX' };
    const asked = { text: '', offset: 100, count: 50 };
    const page = await verbs.mail?.page(place, asked, signal);
    expect(page).toMatchObject({ total: 144, matching: 144 });
    expect(page?.items.map(({ uid }) => uid)).toEqual(Array.from({ length: 44 }, (_, i) => 44 - i));
    const opened = await verbs.mail?.open({ ...place, uid: 7 }, signal);
    const source = Buffer.concat(await Array.fromAsync(opened?.source ?? []));
    expect(source.toString()).toContain('This message is invented');
    expect(() => verbs.mail?.open({ ...place, uid: 999 }, signal)).toThrow();
  });
});
