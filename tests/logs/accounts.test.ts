import { expect, it } from 'vitest';
import { Room } from './helpers.ts';

it('operations on accounts are traces, and the passwords in commands are shown nowhere', async () => {
  using room = new Room();
  const log = [
    'Nov  2 10:00:00 mx1 useradd[9]: new user: name=anna, UID=1001, GID=1001, home=/home/anna, shell=/bin/sh',
    'Nov  2 10:00:01 mx1 chpasswd[9]: pam_unix(chpasswd:chauthtok): password changed for anna',
    'Nov  2 10:00:02 mx1 sudo[9]:     root : TTY=pts/0 ; PWD=/root ; USER=root ; COMMAND=/home/vpopmail/bin/vadduser ewa@b.example geheim',
    'Nov  2 10:00:03 mx1 sudo[9]:     root : TTY=pts/0 ; PWD=/root ; USER=root ; COMMAND=/home/vpopmail/bin/vadduser -q 5 ewa@b.example geheim',
    'Nov  2 10:00:04 mx1 sudo[9]:     root : TTY=pts/0 ; PWD=/root ; USER=root ; COMMAND=/usr/bin/doveadm pw -s SHA512-CRYPT -p geheim',
    'Nov  2 10:00:05 mx1 sudo[9]:     root : TTY=pts/0 ; PWD=/root ; USER=root ; COMMAND=/usr/bin/apt update',
  ];
  const set = await room.index([room.file('mail.log', log.join('\n'))]);
  const { traces } = set.traces({ kind: 'other' }, { limit: 0, sort: { by: 'start', descending: false } });
  expect(traces).toMatchObject([
    { kind: 'account', by: 'system', host: 'mx1', reason: 'new user: name=anna' },
    { by: 'system', reason: 'password changed for anna' },
    { by: 'sudo', reason: 'vadduser ewa@b.example' },
    { by: 'sudo', reason: 'vadduser' },
  ]);
  const shown = JSON.stringify([traces, await set.lines('mx1'), set.slice(0, 10), set.values('address', '', 50)]);
  expect(shown).not.toContain('geheim');
  expect(shown).toContain('vadduser -q 5 …');
  await set.close();
});
