/** Which mail folders a change may move or remove. Pure. */
import type { AccountEntry } from './entries.ts';

/** Never a user's own, whatever an account's entry says. */
const SYSTEM = /^\/(etc|usr|bin|sbin|lib|lib64|boot|dev|proc|sys|run|root)(\/|$)/;

/** A folder may go only when it can be nothing but one account's own. */
export function ownFolder(entry: AccountEntry, all: readonly AccountEntry[], mailLocation: string): string | null {
  const home = entry.home?.replace(/\/+$/, '') ?? '';
  const names = home.split('/');
  const last = names.at(-1)?.toLowerCase();
  // a folder is an account's own when it bears its name
  const named = last === entry.address || `${last}@${entry.domain}` === entry.address;
  if (!home.startsWith('/') || names.length < 3 || !named) return null;
  if (/(^|\/)\.\.?(\/|$)|[\n\r\0]/.test(home) || SYSTEM.test(home)) return null;
  const shared = all.some(
    (other) => other !== entry && `${other.home?.replace(/\/+$/, '') ?? ''}/`.startsWith(`${home}/`),
  );
  // mail kept outside the home (mail_location) would stay behind, or be somebody else's
  const inHome = mailLocation === '' || /(^|:)(~|%h)(\/|$|:)/.test(mailLocation);
  return shared || !inHome ? null : home;
}

/** Beside the folder, so that it is a rename on one file system; hidden, so that it is not taken for an account. */
export const asideOf = (folder: string, stamp: string): string => {
  const at = folder.lastIndexOf('/');
  return `${folder.slice(0, at)}/.removed-${folder.slice(at + 1)}-${stamp}`;
};
