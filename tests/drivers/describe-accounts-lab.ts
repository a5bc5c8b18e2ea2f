/** Suites of vitest on the hosts of accounts-lab.ts, which tests of the page use as well. */
import { afterAll, beforeAll, describe } from 'vitest';
import { type Lab, LAB_START_TIMEOUT, labAvailable } from '../lab/index.ts';
import { endAccountsLab, startAccountsLab } from './accounts-lab.ts';

/** A dozen logins and deliveries in one test: a busy machine takes a minute for them. */
const TEST_TIMEOUT = 180_000;

/** Tests on these hosts, up before the first of them; where there can be none, each is skipped with the reason. */
export function describeAccountsLab(name: string, body: (lab: () => Lab) => void): void {
  const available = labAvailable();
  describe(name, {
    timeout: TEST_TIMEOUT,
    skip: !available.ok,
    meta: available.ok ? {} : { reason: available.why },
  }, () => {
    let lab: Lab | undefined;
    beforeAll(async () => {
      lab = await startAccountsLab();
    }, LAB_START_TIMEOUT + 120_000);
    afterAll(() => endAccountsLab(lab), 60_000);
    body(() => {
      if (lab === undefined) throw new Error('the lab is there only inside tests and hooks');
      return lab;
    });
  });
}

/** For a suite in which it is not asked whether a receiver greylists an address that it does not know. */
export function withoutMilters(lab: () => Lab): void {
  const milters = (value: string): Promise<unknown> =>
    Promise.all(
      lab().mailHosts.map((host) => host.ok(['sh', '-c', `postconf -e smtpd_milters=${value} && postfix reload`])),
    );
  beforeAll(() => milters(''), 120_000);
  afterAll(() => milters('inet:127.0.0.1:11332'), 60_000);
}
