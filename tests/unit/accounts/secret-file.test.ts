import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { newSecretFile } from '#hosts/cli/secret-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'postdeck-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('made passwords go to a new file that only its owner can read', async () => {
  const path = join(folder, 'passwords.csv');
  const file = await newSecretFile(path);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  await file.write('a@x.test,secret\n');
  expect(readFileSync(path, 'utf8')).toBe('a@x.test,secret\n');
});

test('an existing file is never written over', async () => {
  const path = join(folder, 'there.csv');
  writeFileSync(path, 'mine');
  await expect(newSecretFile(path)).rejects.toMatchObject({ code: 'BAD_INPUT' });
  expect(readFileSync(path, 'utf8')).toBe('mine');
});

test('when nothing was changed, no empty file is left', async () => {
  const path = join(folder, 'dropped.csv');
  await (await newSecretFile(path)).drop();
  expect(existsSync(path)).toBe(false);
});
