import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'playwright/test';

if (Number(process.versions.node.split('.')[0]) < 22) throw new Error('Node >= 22.12 needed');

/** Debian's own Chromium: nothing is downloaded for the tests. */
const chromium = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path));

export default defineConfig({
  testDir: '.',
  testMatch: '**/*.spec.ts',
  globalSetup: '../scratch.ts',
  outputDir: join(process.env.POSTDECK_TEST_RESULTS ?? join(import.meta.dirname, '../../test-results'), 'e2e'),
  workers: 1, // all specs share one lab
  retries: 1, // as in vitest.config.ts: told by name in the run's summary
  forbidOnly: Boolean(process.env.CI),
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: process.env.PLAYWRIGHT_JSON_OUTPUT_FILE ? 'json' : 'list',
  use: {
    browserName: 'chromium',
    viewport: { width: 1440, height: 900 },
    locale: 'en-US',
    timezoneId: 'UTC',
    // An element that does not come is told after this, not at the end of the whole test.
    actionTimeout: 30_000,
    screenshot: 'only-on-failure',
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: chromium,
      args: [
        '--no-sandbox', // Chromium refuses its sandbox to root, which CI and the lab need
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
});
