import type { Driver } from './driver.ts';
import { postfixDovecot } from './postfix-dovecot/index.ts';

/** The families of mail server, in the order in which a machine is asked. The demo has no machine: see demo/index.ts. */
export const drivers: readonly Driver[] = [postfixDovecot];

export { openDemo } from './demo/index.ts';
