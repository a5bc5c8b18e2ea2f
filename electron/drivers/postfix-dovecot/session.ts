import type { Machine } from '#remote/machine.ts';
import type { Capability } from '#shared/model/server.ts';
import { text } from '#shared/model/text.ts';
import type { QueueVerbs, ServerSession } from '../driver.ts';
import { PostfixDovecotAccounts } from './accounts/index.ts';
import { bounce } from './bounce.ts';
import { Context } from './context.ts';
import { copyOut } from './copy-out.ts';
import { deleteMessages } from './delete.ts';
import { entry } from './entry.ts';
import { find } from './find.ts';
import { flush } from './flush.ts';
import { hold } from './hold.ts';
import { listArgv, listQueue } from './list-queue.ts';
import { logins } from './logins.ts';
import { logVerbs } from './logs/index.ts';
import { preview } from './preview.ts';
import { probe } from './probe.ts';
import { readSource } from './read-source.ts';
import { release } from './release.ts';
import { requeue } from './requeue.ts';
import { restore } from './restore.ts';
import { twice } from './twice.ts';

export const DRIVER_ID = 'postfix-dovecot';

/** A session over a connected machine: every verb, bound to it. */
export function openSession(machine: Machine): ServerSession {
  const context = new Context(machine);
  let capabilities: Capability[] | null = null;
  const queue: QueueVerbs = {
    get listCommand() {
      return machine.describe({ argv: listArgv(context.known.paths) });
    },
    list: (options) => listQueue(context, options),
    find: (ids, signal) => find(context, ids, signal),
    logins: (signal) => logins(context, signal),
    entry: (id, signal) => entry(context, id, signal),
    readSource: (id, signal) => readSource(context, id, signal),
    preview: (verb, count, options) => preview(context, verb, count, options),
    hold: (targets, watch) => hold(context, targets, watch),
    release: (targets, watch) => release(context, targets, watch),
    requeue: (targets, watch) => requeue(context, targets, watch),
    flush: (targets, watch) => flush(context, targets, watch),
    bounce: (targets, watch) => bounce(context, targets, watch),
    delete: (targets, watch) => deleteMessages(context, targets, watch),
    copyOut: (targets, watch) => copyOut(context, targets, watch),
    restore: (archive, targets, options, watch) => restore(context, archive, targets, options, watch),
    twice: (signal) => twice(context, signal),
  };
  const probeNow = async (signal: AbortSignal) => {
    const found = await probe(context, signal);
    capabilities = found.capabilities;
    return found;
  };
  return {
    driver: DRIVER_ID,
    demo: false,
    runAs:
      machine.privilege === 'sudo'
        ? text(/*i18n*/ { id: 'postfix.run-as.sudo', message: '{user}, through sudo' }, { user: machine.user })
        : text(/*i18n*/ { id: 'postfix.run-as.self', message: '{user}' }, { user: machine.user }),
    probe: probeNow,
    capabilities: async (signal) => capabilities ?? (await probeNow(signal)).capabilities,
    queue,
    logs: logVerbs(context),
    accounts: new PostfixDovecotAccounts(machine),
  };
}
