/** `describe` for tests that need the lab: skipped by name and with the reason where there can be none. */
import { beforeAll, describe } from 'vitest';
import { type Lab, LAB_START_TIMEOUT, labAvailable, type StartOptions, startLab } from './index.ts';

/**
 * A suite on real mail hosts. Starts (or joins) the lab, puts it back to its first state, and hands over a function
 * that gives it: the lab is there from the first test on, not yet while the suite is being described.
 *
 *     describeLab('hold and release', (lab) => {
 *       test('…', async () => { await lab().host('mx1').fillQueue(10); … });
 *     });
 */
export function describeLab(name: string, body: (lab: () => Lab) => void, options: StartOptions = {}): void {
  const available = labAvailable();
  describe(name, { skip: !available.ok, meta: available.ok ? {} : { reason: available.why } }, () => {
    let lab: Lab | undefined;
    beforeAll(async () => {
      lab = await startLab(options);
      await lab.reset();
    }, LAB_START_TIMEOUT);
    body(() => {
      if (lab === undefined) throw new Error('the lab is there only inside tests and hooks');
      return lab;
    });
  });
}
