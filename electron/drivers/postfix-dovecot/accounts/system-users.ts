/** Users of the system that mail is for, from passwd(5) and shadow(5). Pure. */
import type { Snapshot } from './snapshot.ts';

export interface SystemUser {
  name: string;
  uid: number;
  gid: number;
  gecos: string;
  home: string;
  shell: string;
  hash: string;
  /** Days since 1970; null: none. */
  expiresDay: number | null;
}

export function systemUsers({ layout, passwd, shadow }: Snapshot): SystemUser[] {
  const secrets = new Map(shadow.split('\n').map((line) => [line.split(':')[0] ?? '', line.split(':')]));
  return passwd.split('\n').flatMap((line) => {
    const [name = '', , uid, gid, gecos = '', home = '', shell = ''] = line.split(':');
    const id = Number(uid);
    // Debian's nobody is 65534; users below first_valid_uid may not log in to Dovecot either
    if (name === '' || id < Math.max(layout.firstUid, 1000) || id >= 65_000) return [];
    if (layout.lastUid > 0 && id > layout.lastUid) return [];
    const secret = secrets.get(name);
    // a service's own user (vmail) never had a password; a locked one keeps its hash behind the `!`
    if (/^(!{0,2}|\*|!\*|x)$/.test(secret?.[1] ?? '')) return [];
    const expires = Number(secret?.[7] || Number.NaN);
    return [
      {
        name,
        uid: id,
        gid: Number(gid),
        gecos,
        home,
        shell,
        hash: secret?.[1] ?? '',
        expiresDay: Number.isNaN(expires) ? null : expires,
      },
    ];
  });
}

export const dayToDate = (day: number): string => new Date(day * 86_400_000).toISOString().slice(0, 10);
