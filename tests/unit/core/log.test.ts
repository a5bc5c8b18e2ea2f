import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openLog } from '#core/door/log.ts';
import { tempDir } from './house.ts';

test.runIf(process.platform === 'linux')('a full disk loses lines of the log, not the console', () => {
  using temp = tempDir();
  // Every write to it fails with ENOSPC (full(4)).
  symlinkSync('/dev/full', join(temp.dir, 'postdeck.log'));
  const log = openLog(temp.dir);
  expect(() => log.error({ changeId: 'x' }, 'a change broke off')).not.toThrow();
});
