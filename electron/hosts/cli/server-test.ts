import type { AccountAbilities } from '#shared/model/account.ts';
import type { DomainAbilities } from '#shared/model/domain.ts';
import { failureOf } from '#shared/model/failure-of.ts';
import type { Probe, ServerProfile } from '#shared/model/server.ts';
import type { Text } from '#shared/model/text.ts';
import { renderText } from './render-text.ts';
import type { Session } from './session.ts';
import { facts } from './table.ts';

/** What can be written about accounts and domains, or why nothing can be told of them. */
export interface AccountTest {
  /** null: this server keeps no accounts that the console knows of. */
  accounts: AccountAbilities | { unavailable: string } | null;
  domains: DomainAbilities | null;
}

/** Asks what the probe does not: where accounts live is read from the server's own settings. */
export async function testAccounts({ client, signal }: Session, { id: serverId }: ServerProfile): Promise<AccountTest> {
  try {
    const { abilities } = await client.accounts.list({ serverId, usage: false, offset: 0, count: 1 }, { signal });
    return { accounts: abilities, domains: (await client.domains.list({ serverId }, { signal })).abilities };
  } catch (error) {
    signal.throwIfAborted();
    const { code, message } = failureOf(error);
    // These name the command, which is a script as a rule.
    const noRoot = code === 'SUDO_REFUSED' || code === 'AUTH_NEEDED';
    return { accounts: { unavailable: noRoot ? 'reading them needs root there' : renderText(message) }, domains: null };
  }
}

/** What a test found, for a person. */
export function probeLines(probe: Probe, found: AccountTest = { accounts: null, domains: null }): string[] {
  return [
    ...facts([
      ['Host', `${probe.hostname}${probe.demo ? ' (demo)' : ''}`],
      ['System', probe.kernel === null ? probe.os : `${probe.os}, ${probe.kernel}`],
      ['Logged in', `${probe.user}, root: ${probe.privilege === 'root' ? 'yes' : probe.privilege}`],
      ['Driver', probe.driver],
      ['Tested', probe.at],
    ]),
    'Found:',
    ...probe.components.map(
      ({ name, version, state, detail }) =>
        `  ${name}${version === null ? '' : ` ${version}`}, ${state}${detail === null ? '' : `, ${detail}`}`,
    ),
    'Can do:',
    ...probe.capabilities.map((capability) =>
      capability.available ? `  ${capability.id}` : `  not ${capability.id}: ${renderText(capability.why)}`,
    ),
    ...accountLines(found),
    ...remedies(probe).map((remedy) => `To change that: ${remedy}`),
    ...probe.warnings.map((warning) => `Note: ${renderText(warning)}`),
    ...(probe.sudoers.length === 0 ? [] : ['Lines for sudoers(5) that give what is missing, and nothing else:']),
    ...probe.sudoers.map((line) => `  ${line}`),
  ];
}

/** Each once: one missing line of sudoers is behind most of what cannot be done. */
function remedies({ capabilities }: Probe): string[] {
  return [
    ...new Set(capabilities.flatMap((one) => (one.available || one.remedy === null ? [] : [renderText(one.remedy)]))),
  ];
}

function accountLines({ accounts, domains }: AccountTest): string[] {
  if (accounts === null) return [];
  if ('unavailable' in accounts) return [`  not accounts: ${accounts.unavailable}`];
  return [
    ...abilityLines('accounts', accounts),
    ...(domains === null ? [] : abilityLines('domains', domains)),
    `Accounts: ${accounts.backend}, ${accounts.place}`,
  ];
}

/** What is possible, a word a line; the reasons for what is not stand once below. */
function abilityLines(area: string, abilities: { why: Text[] }): string[] {
  const able = Object.entries<unknown>(abilities).filter(([, value]) => typeof value === 'boolean');
  return [
    ...able.map(([name, value]) => `  ${value === true ? '' : 'not '}${area}.${name}`),
    ...abilities.why.map((why) => `    ${renderText(why)}`),
  ];
}
