import type { Machine } from '#remote/machine.ts';
import { sudoersLine } from '#remote/ssh/sudo.ts';
import { neededCommands } from './commands.ts';
import type { Facts } from './facts.ts';
import type { Privileges } from './privileges.ts';

/** The sudoers lines that let this user run what was refused, and nothing else. */
export function sudoersLines(
  facts: Facts,
  machine: Pick<Machine, 'user' | 'privilege'>,
  privileges: Pick<Privileges, 'refused'>,
): string[] {
  if (machine.privilege === 'root') return [];
  return neededCommands(facts)
    .filter(({ name }) => privileges.refused.has(name))
    .map(({ rooted }) => sudoersLine(machine.user, rooted.argv, false));
}
