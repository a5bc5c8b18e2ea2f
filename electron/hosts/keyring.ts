import { randomUUID } from 'node:crypto';
import type { SecretKeeper } from '#core/console.ts';

const SERVICE = 'Postdeck';
/** A keyring that waits for somebody to type its password; where nobody does, the vault is used. */
const PROBE_MS = 10_000;

/**
 * The OS keyring for the hosts outside Electron: Keychain, Credential Manager, Secret Service. null where there is
 * none (a jump host, a container), and then secrets go to the passphrase vault.
 */
export async function openKeyring(): Promise<SecretKeeper | null> {
  // POSTDECK_KEYRING=off: scripts and tests that must not touch the person's own keyring.
  if (process.env['POSTDECK_KEYRING'] === 'off') return null;
  try {
    const { AsyncEntry } = await import('@napi-rs/keyring');
    // On Linux the library would silently fall back to the kernel keyring, which forgets at reboot.
    const entry = (account: string) => new AsyncEntry(SERVICE, account, { linux: { store: 'secret-service' } });
    // A keyring may answer and still not keep anything (no default collection, locked with nobody to ask): try it.
    const [probe, value] = [entry(`probe-${randomUUID()}`), randomUUID()];
    const patience = AbortSignal.timeout(PROBE_MS);
    await probe.setPassword(value, patience);
    const kept = await probe.getPassword(patience);
    const gone = await probe.deleteCredential(patience);
    if (kept !== value || !gone) return null;
    return {
      kind: 'keychain',
      async get(account) {
        return await entry(account).getPassword();
      },
      async set(account, secret) {
        await entry(account).setPassword(secret);
      },
      async delete(account) {
        return await entry(account).deleteCredential();
      },
    };
  } catch {
    return null;
  }
}
