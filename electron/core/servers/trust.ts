import type { HostKeys } from '#remote/ssh/host-keys.ts';
import { Failure } from '#shared/model/failure.ts';
import type { ServerProfile } from '#shared/model/server.ts';
import { text } from '#shared/model/text.ts';
import type { PendingKeys } from './pending-keys.ts';
import type { Profiles } from './profiles.ts';

/**
 * Accepts exactly this key. A key that was shown is written to the console's own known_hosts file; a fingerprint that
 * was only typed in is pinned in the profile, and the next connection must show it.
 */
export async function trustHostKey(
  profile: ServerProfile,
  asked: { host: string; fingerprint: string },
  { hostKeys, pendingKeys, profiles }: { hostKeys: HostKeys; pendingKeys: PendingKeys; profiles: Profiles },
): Promise<ServerProfile> {
  const { host, fingerprint } = asked;
  const { ssh } = profile;
  if (ssh === null) throw notOfServer(profile, host);
  const pending = pendingKeys.find(profile.id, host);
  const isTarget = host === ssh.host || host === `${ssh.host}:${ssh.port}`;
  if (pending !== null) {
    if (pending.refused) throw unsafe(pending.refused);
    if (pending.fingerprint !== fingerprint) throw otherKey(host, fingerprint, pending.fingerprint);
    await hostKeys.trust(pending.host, pending.port, pending.key);
    return pending.hop === null ? pin(profile, fingerprint, profiles) : profile;
  }
  if (!isTarget) throw notOfServer(profile, host);
  // Only typed in: a record that says otherwise would refuse the key at the next connection, pinned or not.
  const verdict = await hostKeys.checkFingerprint(ssh.host, ssh.port, checked(fingerprint));
  if (verdict.state === 'revoked') throw onRecord(host, verdict.where, true);
  if (verdict.state === 'changed') throw onRecord(host, verdict.known[0]?.where ?? '', false);
  return pin(profile, fingerprint, profiles);
}

function pin(profile: ServerProfile, fingerprint: string, profiles: Profiles): ServerProfile {
  return profiles.pin(profile.id, checked(fingerprint));
}

function checked(fingerprint: string): string {
  if (/^SHA256:[A-Za-z0-9+/]{43}$/.test(fingerprint)) return fingerprint;
  throw new Failure(
    'BAD_INPUT',
    text(
      /*i18n*/ {
        id: 'servers.fingerprint',
        message: 'Expected a fingerprint as SHA256: and 43 characters, got {got}; nothing was accepted',
      },
      { got: fingerprint.slice(0, 100) },
    ),
    { detail: { field: 'fingerprint' } },
  );
}

function unsafe(refused: Failure): Failure {
  return new Failure('UNSAFE', refused.text, {
    hint: refused.hint ?? undefined,
    detail: refused.detail,
    cause: refused,
  });
}

function onRecord(host: string, where: string, revoked: boolean): Failure {
  return new Failure(
    'UNSAFE',
    revoked
      ? text(
          /*i18n*/ {
            id: 'servers.key-revoked',
            message: 'That key of {host} is revoked ({where}); nothing was accepted',
          },
          { host, where },
        )
      : text(
          /*i18n*/ {
            id: 'servers.key-on-record',
            message: 'Another key of {host} is on record ({where}), which would refuse this one; nothing was accepted',
          },
          { host, where },
        ),
    {
      hint: revoked
        ? text(/*i18n*/ { id: 'servers.key-revoked.hint', message: 'Ask whoever runs the server for its present key' })
        : text(
            /*i18n*/ {
              id: 'servers.key-on-record.hint',
              message: 'Only if the key was replaced on purpose, remove the record at {where}, then accept the new one',
            },
            { where },
          ),
      detail: { host, where },
    },
  );
}

function otherKey(host: string, fingerprint: string, shown: string): Failure {
  return new Failure(
    'UNSAFE',
    text(
      /*i18n*/ {
        id: 'servers.other-key',
        message: '{host} showed the key {shown}, not {fingerprint}; nothing was accepted',
      },
      { host, shown, fingerprint },
    ),
    {
      hint: text(
        /*i18n*/ {
          id: 'servers.other-key.hint',
          message: 'Compare both with the fingerprint from the server itself',
        },
      ),
      detail: { host, fingerprint, shown },
    },
  );
}

function notOfServer(profile: ServerProfile, host: string): Failure {
  return new Failure(
    'NOT_FOUND',
    text(
      /*i18n*/ {
        id: 'servers.no-such-hop',
        message: '{name} has shown no key of {host}; nothing was accepted',
      },
      { name: profile.name, host },
    ),
    {
      hint: text(
        /*i18n*/ {
          id: 'servers.no-such-hop.hint',
          message: 'Test the server first: it shows the key of each machine on the way',
        },
      ),
    },
  );
}
