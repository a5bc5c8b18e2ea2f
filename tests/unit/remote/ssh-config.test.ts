import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { homedir, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { sshConfigHosts } from '#remote/ssh/ssh-config.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sshconf-'));
});

async function hosts(content: string, files: Record<string, string> = {}) {
  await writeFile(join(dir, 'config'), content);
  for (const [name, body] of Object.entries(files)) {
    await mkdir(join(dir, name, '..'), { recursive: true });
    await writeFile(join(dir, name), body);
  }
  return Object.fromEntries((await sshConfigHosts(null, dir)).map((host) => [host.alias, host]));
}

describe('import of ssh_config', () => {
  it('reads host, port, user and key, and the rules that apply to it', async () => {
    const found = await hosts(`
Host mx1
  HostName mx1.example
  Port 2222
  IdentityFile ~/.ssh/mail_%r
Host MX2 mx3.example
  user postmaster
Host *
  User ops
  IdentityFile ~/.ssh/other
`);
    expect(Object.keys(found)).toEqual(['mx1', 'MX2', 'mx3.example']);
    expect(found['mx1']).toEqual({
      alias: 'mx1',
      problem: null,
      ssh: {
        host: 'mx1.example',
        port: 2222,
        user: 'ops',
        identityFile: join(homedir(), '.ssh/mail_ops'),
        agent: true,
        jump: [],
        sudo: 'none',
        hostKey: null,
      },
    });
    expect(found['MX2']?.ssh).toMatchObject({ host: 'MX2', user: 'postmaster', port: 22 });
  });

  it('offers no patterns as hosts', async () => {
    expect(await hosts('Host *.example\n User a\nHost !x y?\n User b\nHost real\n')).toHaveProperty('real');
    expect(Object.keys(await hosts('Host *.example !x y?\n User a\n'))).toEqual([]);
  });

  it.each(['Match exec', 'match EXEC', 'Match host mx1 exec', 'Match !exec', 'Match exec='])(
    'never runs the command of "%s", and says so',
    async (opening) => {
      const proof = join(dir, 'ran');
      const found = await hosts(`${opening} "touch ${proof}"\n  ProxyJump evil\nHost mx1\n  User ops\n`);
      expect(existsSync(proof)).toBe(false);
      expect(found['mx1']?.ssh).toMatchObject({ user: 'ops', jump: [] });
    },
  );

  it('tells which hosts a Match exec block is about', async () => {
    const found = await hosts(`Match host mx1 exec "true"\n  User evil\nHost mx1 mx2\n  User ops\n`);
    expect(found['mx1']).toMatchObject({ ssh: { user: 'ops' }, problem: { id: 'ssh-config.match-exec' } });
    expect(found['mx2']).toMatchObject({ ssh: { user: 'ops' }, problem: null });
  });

  it('says that a HostKeyAlias is not used', async () => {
    const found = await hosts('Host mx1\n  HostKeyAlias mail.example\nHost mx2\n  User ops\n');
    expect(found['mx1']).toMatchObject({
      ssh: { host: 'mx1' },
      problem: { id: 'ssh-config.host-key-alias', values: { alias: 'mail.example' } },
    });
    expect(found['mx2']?.problem).toBeNull();
  });

  it('looks no name up for CanonicalizeHostname', async () => {
    const found = await hosts(`Host mx1
  CanonicalizeHostname yes
  CanonicalDomains example.invalid
  User ops
`);
    expect(found['mx1']?.ssh).toMatchObject({ host: 'mx1', user: 'ops' });
  });

  it('follows Include, with wildcards, from the folder of the configuration, and ends where one includes itself', async () => {
    const found = await hosts(`Include conf.d/*.conf\nInclude config\nHost last\n`, {
      'conf.d/a.conf': 'Host a\n  User one\n',
      'conf.d/b.conf': 'Host b\n  HostName b.example\n',
      'conf.d/not': 'Host never\n',
    });
    expect(Object.keys(found).sort()).toEqual(['a', 'b', 'last']);
    expect(found['b']?.ssh?.host).toBe('b.example');
  });

  it('follows ProxyJump to aliases with jumps of their own, first hop first', async () => {
    const found = await hosts(`
Host outer
  HostName 192.0.2.1
  User gate
Host inner
  HostName 192.0.2.2
  Port 2022
  ProxyJump outer
Host mx1
  ProxyJump inner,ops@192.0.2.3:2200
`);
    expect(found['mx1']?.ssh?.jump).toEqual([
      { host: '192.0.2.1', port: 22, user: 'gate', identityFile: null },
      { host: '192.0.2.2', port: 2022, user: userInfo().username, identityFile: null },
      { host: '192.0.2.3', port: 2200, user: 'ops', identityFile: null },
    ]);
  });

  it('does not go round in a circle of jumps', async () => {
    const found = await hosts('Host a\n  ProxyJump b\nHost b\n  ProxyJump a\n');
    expect(found['a']?.problem).toMatchObject({ id: 'ssh-config.hops' });
  });

  it('reads `ssh -W` as a jump, and no other ProxyCommand', async () => {
    const found = await hosts(`
Host a
  ProxyCommand ssh -W %h:%p gate.example
Host b
  ProxyCommand nc -X connect %h %p
Host c
  ProxyCommand none
`);
    expect(found['a']).toMatchObject({ problem: null, ssh: { jump: [{ host: 'gate.example' }] } });
    expect(found['b']?.problem).toMatchObject({ id: 'ssh-config.proxy-command' });
    expect(found['c']?.problem).toBeNull();
  });

  it('refuses names that could be taken for options', async () => {
    const found = await hosts('Host mx1\n  HostName -oProxyCommand=evil\n');
    expect(found['mx1']).toMatchObject({ ssh: null, problem: { id: 'ssh-config.invalid' } });
  });

  it('has no hosts where there is no file, and NOT_FOUND for one that was named', async () => {
    expect(await sshConfigHosts(null, dir)).toEqual([]);
    await expect(sshConfigHosts(join(dir, 'none'), dir)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('stops reading where it is too large', async () => {
    await expect(hosts(`#${'x'.repeat(1 << 20)}\n`)).rejects.toMatchObject({ code: 'LIMIT' });
  });
});
