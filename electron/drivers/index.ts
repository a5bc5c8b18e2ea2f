import type { Driver } from './driver.ts';

/** The families of mail server, in the order in which a machine is asked. The demo has no machine: see demo/index.ts. */
export const drivers: readonly Driver[] = [];

export { openDemo } from './demo/index.ts';
