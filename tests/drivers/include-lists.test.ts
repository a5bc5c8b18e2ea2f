/** Distribution lists in files of their own (`:include:` of aliases(5)), on a host of system users. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { LabHost } from '../lab/host.ts';
import { Desk } from './accounts-lab.ts';
import { describeAccountsLab } from './describe-accounts-lab.ts';
import { received, submit } from './mail-check.ts';

const FILE = '/etc/postfix/lists/crew';
const LIST = '# the crew\nalice\n\n  bob  \n# its end\n';

describeAccountsLab('lists in files of their own', (lab) => {
  let host: LabHost;
  let desk: Desk;

  const file = (path: string): Promise<string> => host.ok(['cat', path]);
  const crew = async () => (await desk.list()).aliases.find(({ name }) => name === 'crewlist');
  const edit = (...targets: string[]) => ({ kind: 'aliases.edit' as const, alias: { name: 'crewlist', targets } });
  /** Who has got a message to the list. */
  const reached = async (users: readonly string[]): Promise<string[]> => {
    const subject = `crew ${randomUUID().slice(0, 8)}`;
    const sender = 'alice@epsilon.test';
    expect(await submit(host, sender, 'pw', sender, 'crewlist@epsilon.test', subject)).toBeNull();
    const all: string[] = [];
    for (const user of users) if (await received(host, user, subject)) all.push(user);
    // it went to all of them at once, so that who has none by now gets none
    for (const user of ['alice', 'bob', 'carol']) {
      if (!users.includes(user) && (await received(host, user, subject, 0))) all.push(user);
    }
    return all;
  };

  beforeAll(async () => {
    host = lab().host('mx3');
    desk = await Desk.at(host);
    await host.ok([
      'sh',
      '-c',
      `mkdir -p /etc/postfix/lists; printf 'crewlist: :include:${FILE}\\n' >> /etc/aliases; newaliases`,
    ]);
  }, 120_000);
  afterAll(async () => {
    await host?.exec(['sh', '-c', "sed -i '/^crewlist:/d' /etc/aliases; newaliases; rm -rf /etc/postfix/lists"]);
    await desk?.machine.close();
  }, 60_000);
  beforeEach(async () => {
    await host.ok(['sh', '-c', `cat > ${FILE} && chown ops:adm ${FILE} && chmod 644 ${FILE}`], { stdin: LIST });
  });

  test('are listed, changed and undone; mail follows, and the rest of the file stays', async () => {
    expect(await crew()).toMatchObject({ targets: ['alice', 'bob'], source: `:include:${FILE}`, editable: true });
    expect(await reached(['alice', 'bob'])).toEqual(['alice', 'bob']);
    expect((await desk.route('crewlist')).map(({ address }) => address)).toEqual(
      expect.arrayContaining(['crewlist', 'alice', 'bob']),
    );
    const aliases = await file('/etc/aliases');
    const changed = await desk.change(edit('alice', 'carol'));
    expect(await file(FILE)).toBe('# the crew\nalice\n\n# its end\ncarol\n');
    expect(await host.ok(['stat', '-c', '%U:%G %a', FILE])).toBe('ops:adm 644\n');
    expect(await file('/etc/aliases')).toBe(aliases);
    expect(await reached(['alice', 'carol'])).toEqual(['alice', 'carol']);
    await desk.undo(changed);
    expect((await crew())?.targets.sort()).toEqual(['alice', 'bob']);
    expect(await reached(['alice', 'bob'])).toEqual(['alice', 'bob']);
  });

  test('changed by somebody else between plan and apply are left as they are', async () => {
    const request = edit('alice');
    const plan = await desk.plan(request);
    await host.ok(['sh', '-c', `sed -i 's/bob/bob@alpha.test/' ${FILE}`]);
    const now = await file(FILE);
    await expect(desk.apply(request, plan)).rejects.toMatchObject({ code: 'UNSAFE' });
    expect(await file(FILE)).toBe(now);
  });

  test('take no program, file or other list, and are shown as they are where they hold one', async () => {
    for (const bad of ['|/usr/bin/id', '/etc/passwd', ':include:/etc/shadow', 'a\nb', '"x y"', 'a,b']) {
      await expect(desk.plan(edit('alice', bad)), bad).rejects.toMatchObject({ code: 'BAD_INPUT' });
    }
    for (const odd of ['alice\n|/usr/bin/id\n', 'alice, bob\n', 'alice\nALICE\n', 'alice\n\tbob (Bob)\n']) {
      await host.ok(['tee', FILE], { stdin: odd });
      expect((await crew())?.targets, odd).toEqual([`:include:${FILE}`]);
    }
  });

  test('stay on the server when their alias goes, and the plan says so', async () => {
    const gone = { kind: 'aliases.delete' as const, names: ['crewlist'] };
    expect((await desk.plan(gone)).warnings.map(({ id }) => id)).toEqual(['aliases.warn.list-stays']);
    const id = await desk.change(gone);
    expect([await crew(), await file(FILE)]).toEqual([undefined, LIST]);
    await desk.undo(id);
    expect((await crew())?.targets).toEqual(['alice', 'bob']);
  });
});
