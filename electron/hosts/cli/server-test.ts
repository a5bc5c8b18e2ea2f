import type { AccountAbilities } from '#shared/model/account.ts';
import { failureOf } from '#shared/model/failure-of.ts';
import type { Probe, ServerProfile } from '#shared/model/server.ts';
import { renderText } from './render-text.ts';
import type { Session } from './session.ts';
import { facts } from './table.ts';

/** What can be written where accounts live; a failure: why nothing can be told of them. */
export async function accountAbilities(
  { client, signal }: Session,
  { id: serverId }: ServerProfile,
): Promise<AccountAbilities | { unavailable: string } | null> {
  try {
    return (await client.accounts.list({ serverId, usage: false, offset: 0, count: 1 }, { signal })).abilities;
  } catch (error) {
    signal.throwIfAborted();
    const { code, message } = failureOf(error);
    // These name the command, which is a script as a rule.
    const noRoot = code === 'SUDO_REFUSED' || code === 'AUTH_NEEDED';
    return { unavailable: noRoot ? 'reading them needs root there' : renderText(message) };
  }
}

function accountLines(accounts: AccountAbilities | { unavailable: string } | null): string[] {
  if (accounts === null) return [];
  if ('unavailable' in accounts) return [`  not accounts: ${accounts.unavailable}`];
  const able = Object.entries(accounts).filter(([, value]) => typeof value === 'boolean');
  return [
    ...able.map(([name, value]) => `  ${value === true ? '' : 'not '}accounts.${name}`),
    `Accounts: ${accounts.backend}, ${accounts.place}`,
    ...accounts.why.map((why) => `  ${renderText(why)}`),
  ];
}

/** What a test found, for a person. `accounts` null: not asked. */
export function probeLines(probe: Probe, accounts: AccountAbilities | { unavailable: string } | null): string[] {
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
      capability.available
        ? `  ${capability.id}`
        : `  not ${capability.id}: ${renderText(capability.why)}${capability.remedy === null ? '' : ` (${renderText(capability.remedy)})`}`,
    ),
    ...accountLines(accounts),
    ...probe.warnings.map((warning) => `Note: ${renderText(warning)}`),
    ...(probe.sudoers.length === 0 ? [] : ['Lines for sudoers(5) that give what is missing, and nothing else:']),
    ...probe.sudoers.map((line) => `  ${line}`),
  ];
}
