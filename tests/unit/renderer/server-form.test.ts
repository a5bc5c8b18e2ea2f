import { describe, expect, test } from 'vitest';
import { EMPTY, formOf, parseHop, readForm } from '../../../renderer/app/access/server-form.ts';

describe('the form of a server', () => {
  test('says which fields are wrong, all of them', () => {
    const read = readForm({ ...EMPTY, port: '70000', jump: ['nobody'] }, undefined);
    expect('problems' in read && [...read.problems].sort()).toEqual(['host', 'jump', 'name', 'port', 'user']);
  });

  test('refuses a host that ssh would take as an option', () => {
    const read = readForm({ ...EMPTY, name: 'mx', host: '-oProxyCommand=id', user: 'ops' }, undefined);
    expect('problems' in read && read.problems.has('host')).toBe(true);
  });

  test('gives back what it was filled from', () => {
    const form = {
      ...EMPTY,
      name: 'mx1',
      host: 'mx1.example',
      user: 'ops',
      port: '2222',
      jump: ['a@[2001:db8::1]:22'],
    };
    const read = readForm(form, undefined);
    if (!('input' in read)) throw new Error('refused');
    expect(read.input.ssh?.jump).toEqual([{ user: 'a', host: '2001:db8::1', port: 22, identityFile: null }]);
    expect(formOf({ name: read.input.name, ssh: read.input.ssh }).port).toBe('2222');
  });
});

test('a hop is USER@HOST with or without a port', () => {
  expect(parseHop('ops@jump.example:2200')).toEqual({
    user: 'ops',
    host: 'jump.example',
    port: 2200,
    identityFile: null,
  });
  expect(['jump.example', 'ops@', 'ops@h:99999', 'a b@h', 'ops@-x'].map(parseHop)).toEqual([
    null,
    null,
    null,
    null,
    null,
  ]);
});
