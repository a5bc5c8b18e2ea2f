/** What is refused before anything is planned, and in which words. */
import { Failure } from '#shared/model/failure.ts';
import { checkAccountName, checkDate, checkDisplayName, checkDomain } from '#shared/model/mail-address.ts';
import { type Text, text } from '#shared/model/text.ts';
import { aliasDomains } from './alias-domains.ts';
import type { Snapshot } from './snapshot.ts';

export function unsupported(why: Text | null): Failure {
  return new Failure(
    'UNSUPPORTED',
    why ??
      text(/*i18n*/ { id: 'accounts.unsupported', message: 'This server’s configuration does not allow that change' }),
  );
}

/** Everything wrong in one answer, so that a long list is mended in one go. */
export function refuse(problems: { address: string; problem: Text }[]): void {
  const [first] = problems;
  if (!first) return;
  throw new Failure(
    'BAD_INPUT',
    text(
      /*i18n*/ {
        id: 'accounts.bad-rows',
        message: '{count, plural, one {# address is} other {# addresses are}} not possible, first {address}: {why}',
      },
      { count: problems.length, address: first.address, why: first.problem },
    ),
    { detail: { problems: problems.slice(0, 100) } },
  );
}

/** Throws BAD_INPUT for what is no domain name. */
export function sound(raw: string): string {
  const checked = checkDomain(raw);
  if (checked.ok) return checked.value;
  refuse([{ address: raw, problem: checked.problem }]);
  throw unsupported(checked.problem);
}

export function problemOf(
  account: { address: string; name: string | null; expires: string | null },
  taken: ReadonlySet<string>,
  domains: ReadonlySet<string>,
  snapshot: Snapshot,
): Text | null {
  const address = checkAccountName(account.address, snapshot.layout.usernameChars);
  if (!address.ok) return address.problem;
  if (taken.has(address.value)) {
    return text(
      /*i18n*/ { id: 'accounts.exists', message: 'This account exists already, or stands twice in the list' },
    );
  }
  const at = address.value.lastIndexOf('@');
  const domain = address.value.slice(at + 1);
  if (snapshot.layout.accounts?.kind === 'system' && !LOGIN.test(address.value.slice(0, at))) return noLogin();
  if (!domains.has(domain)) {
    return text(
      /*i18n*/ { id: 'accounts.domain-unknown', message: 'The server does not take mail for {domain}' },
      { domain },
    );
  }
  const lead = aliasDomains(snapshot).get(domain);
  if (lead) return isAliasDomain(domain, lead.target);
  const name = account.name === null ? null : checkDisplayName(account.name);
  if (name && !name.ok) return name.problem;
  // both files keep the name between colons
  if (name?.ok && snapshot.layout.accounts?.kind !== 'sql' && /[:,]/.test(name.value)) return colonName();
  const expires = account.expires === null ? null : checkDate(account.expires);
  return expires && !expires.ok ? expires.problem : null;
}

const isAliasDomain = (domain: string, target: string): Text =>
  text(
    /*i18n*/ {
      id: 'accounts.alias-domain',
      message: '{domain} is an alias domain: its mail goes to {target}, and accounts stand there',
    },
    { domain, target },
  );

/** What useradd(8) takes for a name on every system. */
const LOGIN = /^[a-z_][a-z0-9_.-]{0,31}$/;
const noLogin = (): Text =>
  text(
    /*i18n*/ {
      id: 'accounts.system-name',
      message:
        'A system user’s name begins with a letter, has letters, digits, dots, hyphens and underscores, 32 at most',
    },
  );

export const colonName = (): Text =>
  text(/*i18n*/ { id: 'accounts.name-colon', message: 'The name has a colon or a comma, which its file cannot hold' });
