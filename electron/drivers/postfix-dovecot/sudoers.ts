import type { Machine } from '#remote/machine.ts';
import { sudoersLine } from '#remote/ssh/sudo.ts';
import { neededCommands, type RootCommand } from './commands.ts';
import type { Facts } from './facts.ts';
import type { Privileges } from './privileges.ts';

/**
 * Parts of the file under their names, so that an administrator may leave one out. What a part amounts to is said where
 * it is granted: whoever may write Postfix's services, system users and a daily job can become root by them.
 */
const PARTS: readonly { title: string; has: (name: RootCommand, serves: readonly string[]) => boolean }[] = [
  { title: '# Postdeck: queue and mail log', has: (name) => !name.startsWith('accounts.') },
  {
    title: '# Postdeck: look at accounts, aliases and domains, password hashes included; changes nothing',
    has: (name, serves) => name.startsWith('accounts.') && serves.includes('accounts.read'),
  },
  {
    title: '# Postdeck: read the mail of every user; changes nothing',
    has: (_, serves) => serves.includes('accounts.mail'),
  },
  {
    title: '# Postdeck: change accounts, aliases and domains; as good as root, grant it to whom you would make root',
    has: (name, serves) => name.startsWith('accounts.') && serves.includes('accounts.change'),
  },
];

/** The sudoers lines that let this user run what was refused, and nothing else, below a comment a part. */
export function sudoersLines(
  facts: Facts,
  machine: Pick<Machine, 'user' | 'privilege'>,
  privileges: Pick<Privileges, 'refused'>,
): string[] {
  if (machine.privilege === 'root') return [];
  const missing = neededCommands(facts).filter(({ name }) => privileges.refused.has(name));
  return PARTS.flatMap(({ title, has }) => {
    const lines = missing
      .filter(({ name, rooted }) => has(name, rooted.serves))
      .map(({ rooted }) => sudoersLine(machine.user, rooted.argv, false));
    return lines.length === 0 ? [] : [title, ...lines];
  });
}
