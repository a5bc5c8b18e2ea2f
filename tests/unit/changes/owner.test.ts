import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { startOf } from '#core/changes/owner.ts';

it.runIf(process.platform === 'linux')(
  'a process that ended and that nobody waits for is not taken for alive',
  async () => {
    // sleep(1) takes over as the parent of the first child, and never asks after it
    const parent = spawn('sh', ['-c', 'sleep 0.5 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      const pid = await new Promise<number>((resolve) => {
        parent.stdout.once('data', (line: Buffer) => resolve(Number(line.toString())));
      });
      const stateOf = (): string => /\) (\S)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1] ?? '';
      await expect.poll(stateOf, { timeout: 20_000 }).toBe('Z');
      expect(startOf(pid)).toBe('');
      expect(startOf(process.pid)).not.toBe('');
    } finally {
      parent.kill();
    }
  },
);
