/** Every command of the accounts half that runs as root, by the name it has among the driver's root commands. */
import { FILTERS } from '../filters/script.ts';
import { MAIL } from '../mailbox/script.ts';
import type { RootScript } from '../root-script.ts';
import { OFFERS } from '../sieve/offers.ts';
import { USER } from '../sieve/user.ts';
import { APPLY } from './apply-script.ts';
import { HASH } from './hash.ts';
import { LAYOUT } from './layout.ts';
import { READ } from './read-script.ts';
import { RECORD } from './record.ts';
import { ROUTE } from './route.ts';

export type AccountCommand =
  | 'accounts.layout'
  | 'accounts.read'
  | 'accounts.route'
  | 'accounts.user'
  | 'accounts.offers'
  | 'accounts.filters'
  | 'accounts.mail'
  | 'accounts.hash'
  | 'accounts.record'
  | 'accounts.apply';

export const ACCOUNT_COMMANDS: Record<AccountCommand, RootScript> = {
  'accounts.layout': LAYOUT,
  'accounts.read': READ,
  'accounts.route': ROUTE,
  'accounts.user': USER,
  'accounts.offers': OFFERS,
  'accounts.filters': FILTERS,
  'accounts.mail': MAIL,
  'accounts.hash': HASH,
  'accounts.record': RECORD,
  'accounts.apply': APPLY,
};
