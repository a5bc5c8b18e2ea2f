/** Works out the writes that have expiry dates of a passwd-file act. Pure. */
import type { AccountRequest } from '#shared/model/account.ts';
import { accountIndex } from './entries.ts';
import { expiryOf, JOB_PATH, jobScript } from './expiry-job.ts';
import { isLocked } from './passwd-file.ts';
import { isOver, type PlanContext, type Planned, undoEntries } from './plan-accounts.ts';
import { unsupported } from './refusals.ts';
import { editAccount } from './write-account.ts';
import { noWrites } from './writes.ts';

/** The daily job, and at once those it would lock tonight. */
export function planExpiry(
  { on }: Extract<AccountRequest, { kind: 'accounts.expiry' }>,
  { snapshot, directory, today }: PlanContext,
): Planned {
  const { accounts } = snapshot.layout;
  const able = expiryOf(snapshot);
  if (accounts?.kind !== 'passwd-file' || !able.able) throw unsupported(able.why);
  const writes = noWrites();
  const { scheduler, job: before } = snapshot.job;
  const after = on && scheduler !== null ? { scheduler, script: jobScript(accounts.path) } : null;
  if (JSON.stringify(before) !== JSON.stringify(after)) writes.job = { before, after };
  const index = accountIndex(snapshot);
  const targets = [JOB_PATH];
  for (const { address } of directory.accounts.filter((account) => on && isOver(account.expires, today))) {
    const entry = index.byAddress.get(address);
    if (entry?.kind !== 'passwd-file' || isLocked(entry.entry.password)) continue;
    editAccount(writes, index, entry, { overdue: true });
    writes.kick.push(entry.login);
    targets.push(address);
  }
  return { writes, targets, warnings: [], undo: 'full', undoNote: undoEntries() };
}
