import { lingui } from '@lingui/vite-plugin';
import { defineConfig } from 'vitest/config';

if (Number(process.versions.node.split('.')[0]) < 22) throw new Error('Node >= 22.12 needed');

const MINUTE = 60_000;

/** One project per folder under tests/. */
const project = (name: string, more: object = {}) => ({
  extends: true as const,
  test: { name, include: [`tests/${name}/**/*.test.{ts,tsx}`], ...more },
});

/**
 * Talks to real servers, which all files of a project share: one file at a time, and time for a first lab start. A test
 * that fails is tried once more, since these servers share two cores with everything else; the run names each that
 * needed it, with what went wrong the first time.
 */
const real = { fileParallelism: false, testTimeout: MINUTE, hookTimeout: 10 * MINUTE, retry: 1 };

export default defineConfig({
  plugins: [lingui({ macroTransform: true })],
  test: {
    globalSetup: './tests/scratch.ts',
    // the order also keeps two projects from using the lab at the same time in a plain `vitest run`
    projects: [
      // much longer than any takes: a busy machine must not fail one
      project('unit', { testTimeout: MINUTE / 2 }),
      project('logs', { ...real, sequence: { groupOrder: 1 } }),
      project('wire', { ...real, sequence: { groupOrder: 2 } }),
      project('drivers', { ...real, sequence: { groupOrder: 3 } }),
      project('lab', { ...real, sequence: { groupOrder: 4 } }),
      project('sim', { ...real, sequence: { groupOrder: 5 } }),
      project('pack', { ...real, sequence: { groupOrder: 6 } }),
    ],
  },
});
