import type { Machine } from '#remote/machine.ts';
import { CAPABILITIES, type Capability, type CapabilityId } from '#shared/model/server.ts';
import { type Text, text } from '#shared/model/text.ts';
import { neededCommands } from './commands.ts';
import type { Facts } from './facts.ts';
import { compareVersions } from './parse/system.ts';
import type { Privileges } from './privileges.ts';

/** Commands that look at queue files use options that only the GNU tools have. */
const NEEDS_GNU: Partial<Record<CapabilityId, readonly (keyof Facts['gnu'])[]>> = {
  'queue.show': ['grep'],
  'queue.logins': ['grep'],
  'queue.copies': ['grep', 'tar'],
  'queue.restore': ['grep', 'find', 'tar'],
};

/** postsuper has -e and -f since Postfix 3.5; postqueue has -j since 3.1. */
const SINCE: Partial<Record<CapabilityId, string>> = { 'queue.list': '3.1', 'queue.bounce': '3.5' };

/** What can be done on this server, and for the rest why not and what would change that. */
export function capabilitiesOf(
  facts: Facts,
  machine: Pick<Machine, 'user' | 'privilege'>,
  privileges: Privileges,
): Capability[] {
  return CAPABILITIES.map((id) => {
    const problem = problemOf(id, facts, machine, privileges);
    return problem === null ? { id, available: true } : { id, available: false, ...problem };
  });
}

interface Problem {
  why: Text;
  remedy: Text | null;
}

function problemOf(
  id: CapabilityId,
  facts: Facts,
  machine: Pick<Machine, 'user' | 'privilege'>,
  privileges: Privileges,
): Problem | null {
  const since = SINCE[id];
  if (since !== undefined && facts.version !== '' && compareVersions(facts.version, since) < 0) {
    return {
      why: text(
        /*i18n*/ { id: 'postfix.cap.version', message: 'Postfix {version} cannot do it; it came with Postfix {since}' },
        { version: facts.version, since },
      ),
      remedy: text(/*i18n*/ { id: 'postfix.cap.version.remedy', message: 'Update Postfix on this server' }),
    };
  }
  if (id === 'logs.read' && facts.logs.places.length === 0) return NO_LOG;
  const missing = (NEEDS_GNU[id] ?? []).filter((tool) => !facts.gnu[tool]);
  if (missing.length > 0) {
    const tools = missing.map((tool) => `GNU ${tool}`).join(', ');
    return {
      why: text(/*i18n*/ { id: 'postfix.cap.gnu', message: 'It needs {tools}, which this server lacks' }, { tools }),
      remedy: text(/*i18n*/ { id: 'postfix.cap.gnu.remedy', message: 'Install {tools} on the server' }, { tools }),
    };
  }
  if (id === 'logs.read' && !facts.logs.tools && facts.logs.places.some(({ kind }) => kind === 'file')) return NO_TOOLS;
  if (privileges.listing !== null && (id === 'queue.list' || (id === 'queue.flush' && machine.privilege === 'none'))) {
    return { why: privileges.listing, remedy: MAILQ_USERS };
  }
  if (privileges.flushing !== null && (id === 'queue.flush' || id === 'queue.bounce')) {
    return { why: privileges.flushing, remedy: FLUSH_USERS };
  }
  const needed = neededCommands(facts).filter(({ rooted }) => rooted.serves.includes(id));
  const refused = needed.find(({ name }) => privileges.refused.has(name));
  if (refused === undefined) return null;
  if (machine.privilege === 'none') {
    return {
      why: text(
        /*i18n*/ {
          id: 'postfix.cap.root',
          message: '{user} is not root and uses no sudo here; Postfix reserves this for root',
        },
        { user: machine.user },
      ),
      remedy: text(
        /*i18n*/ {
          id: 'postfix.cap.root-or-sudo',
          message: 'Connect as root, or turn on sudo for this server and add the sudoers lines that its test lists',
        },
      ),
    };
  }
  return {
    why: privileges.refused.get(refused.name) ?? SUDO,
    remedy: text(
      /*i18n*/ {
        id: 'postfix.cap.sudoers',
        message: 'Add with visudo the sudoers lines that testing this server lists',
      },
    ),
  };
}

const NO_TOOLS: Problem = {
  why: text(
    /*i18n*/ { id: 'postfix.cap.logs.tools', message: 'It needs GNU stat and base64, which this server lacks' },
  ),
  remedy: text(/*i18n*/ { id: 'postfix.cap.logs.tools.remedy', message: 'Install GNU coreutils on the server' }),
};
const NO_LOG: Problem = {
  why: text(/*i18n*/ { id: 'postfix.cap.logs', message: 'No mail log was found on this server' }),
  remedy: text(
    /*i18n*/ { id: 'postfix.cap.logs.remedy', message: 'Check that a syslog daemon or journald runs there' },
  ),
};
const SUDO = text(/*i18n*/ { id: 'postfix.cap.sudo', message: 'sudo does not allow it' });
const MAILQ_USERS = text(
  /*i18n*/ {
    id: 'postfix.cap.mailq.remedy',
    message: 'Check that Postfix runs, and that authorized_mailq_users includes this user',
  },
);
const FLUSH_USERS = text(
  /*i18n*/ {
    id: 'postfix.cap.flush.remedy',
    message: 'Check that Postfix runs, and that authorized_flush_users includes this user',
  },
);
