import type { Driver } from '../driver.ts';
import { findPrograms } from './facts.ts';
import { DRIVER_ID, openSession } from './session.ts';

/** Postfix, with Dovecot and what usually runs beside them. */
export const postfixDovecot: Driver = {
  id: DRIVER_ID,
  title: 'Postfix and Dovecot',
  async recognises(machine, signal) {
    const { paths } = await findPrograms(machine, signal);
    return paths.postconf !== undefined && paths.postqueue !== undefined;
  },
  open: openSession,
};
