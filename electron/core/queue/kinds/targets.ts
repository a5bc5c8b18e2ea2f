import { z } from 'zod';
import type { QueueIdentity, QueueVerbs, ServerSession } from '#drivers/driver.ts';
import type { TargetGroup } from '#shared/model/change.ts';
import { Failure } from '#shared/model/failure.ts';
import { type QueueFilter, type QueueMessage, QueueName, type QueueTarget } from '#shared/model/queue.ts';
import type { Capability, CapabilityId } from '#shared/model/server.ts';
import { type Text, text } from '#shared/model/text.ts';
import { GROUPS_SHOWN } from '../../limits.ts';
import { messageTest } from '../filter.ts';
import { cutShort, needsLogins } from '../reading-words.ts';
import { subjectIn } from '../message.ts';
import type { QueueReadings } from '../readings.ts';

export const Identity: z.ZodType<QueueIdentity> = z.object({
  id: z.string(),
  arrivalTime: z.string(),
  sender: z.string(),
  queue: QueueName,
  size: z.number(),
});

export function identityOf({ id, arrivalTime, sender, queue, size }: QueueIdentity): QueueIdentity {
  return { id, arrivalTime, sender, queue, size };
}

/** The id alone does not tell a message: servers give it to the next one (short ids of Postfix). */
export function isSame(a: QueueIdentity, b: QueueIdentity): boolean {
  return a.id === b.id && a.sender === b.sender && Date.parse(a.arrivalTime) === Date.parse(b.arrivalTime);
}

export interface Resolved {
  messages: QueueMessage[];
  warnings: Text[];
}

export interface ResolveContext {
  serverId: string;
  session: ServerSession;
  readings: QueueReadings;
  signal: AbortSignal;
  expected: readonly QueueIdentity[] | null;
}

/**
 * The messages that a target means now, freshly read from the server.
 *
 * @param harms The change cannot be taken back on messages nobody has seen: a listing that was cut short is refused.
 */
export async function resolveTargets(target: QueueTarget, context: ResolveContext, harms: boolean): Promise<Resolved> {
  const { session, signal, expected } = context;
  if (expected !== null) return resolveExpected(expected, context);
  if (target.by === 'ids') {
    const ids = [...new Set(target.ids)];
    const found = await session.queue.find(ids, signal);
    return { messages: found.filter(kept(target)), warnings: missing(ids.length - found.length) };
  }
  const { serverId, readings } = context;
  const snapshot = await readings.read(serverId, 0, signal);
  const warnings: Text[] = [];
  if (snapshot.reading.state === 'cut-short') {
    if (harms) throw unsafeCutShort(snapshot.reading.read);
    warnings.push(cutShort(snapshot.reading.read).text);
  }
  const wanted = target.by === 'filter' ? target.filter : { without: target.without };
  if (needsLogins(wanted)) await readings.withLogins(serverId, snapshot, signal);
  const except = new Set(target.except);
  const test = messageTest(wanted, Date.now());
  const messages = snapshot.messages.filter((message) => !except.has(message.id) && test(message));
  warnings.push(
    text(/*i18n*/ { id: 'queue.plan.later', message: 'Messages that arrive from now on are not part of this plan' }),
  );
  return { messages, warnings };
}

/** True for the messages that a target by ids does not leave out. */
function kept({ without }: { without?: QueueFilter['without'] }): (message: QueueMessage) => boolean {
  return messageTest({ without }, Date.now());
}

/** What an earlier change knew, as far as it is still the same. */
async function resolveExpected(
  expected: readonly QueueIdentity[],
  { session, signal }: ResolveContext,
): Promise<Resolved> {
  const known = new Map(expected.map((identity) => [identity.id, identity]));
  const found = await session.queue.find([...known.keys()], signal);
  const messages = found.filter((message) => {
    const identity = known.get(message.id);
    return identity !== undefined && isSame(identity, message);
  });
  return { messages, warnings: missing(known.size - messages.length) };
}

function missing(count: number): Text[] {
  if (count === 0) return [];
  return [
    text(
      /*i18n*/ {
        id: 'queue.plan.missing',
        message:
          '{count, plural, one {# message is no longer in the queue} other {# messages are no longer in the queue}} and will be left out',
      },
      { count },
    ),
  ];
}

/** Splits off the messages a verb does not apply to, and says so. Throws when none is left. */
export function onlyFit(
  { messages, warnings }: Resolved,
  fits: (message: QueueMessage) => boolean,
  others: (count: number) => Text,
): Resolved {
  const fit = messages.filter(fits);
  const left = messages.length - fit.length;
  if (fit.length === 0) throw nothing(left > 0 ? others(left) : null);
  return { messages: fit, warnings: left > 0 ? [...warnings, others(left)] : warnings };
}

function nothing(why: Text | null): Failure {
  return new Failure(
    'NOT_FOUND',
    why ??
      text(/*i18n*/ { id: 'queue.plan.nothing', message: 'No message in the queue matches; there is nothing to do' }),
    {
      hint: text(/*i18n*/ { id: 'queue.plan.nothing.hint', message: 'Read the queue again, or choose other messages' }),
    },
  );
}

function unsafeCutShort(read: number): Failure {
  return new Failure('UNSAFE', cutShort(read).text, {
    hint: text(
      /*i18n*/ {
        id: 'queue.plan.cut-short.hint',
        message: 'This change is not planned on a part of the queue. Read it again, or name the messages by id',
      },
    ),
    retryable: true,
  });
}

/** Throws UNSUPPORTED, with the server's own why, when it cannot do this. */
export async function needCapability(session: ServerSession, id: CapabilityId, signal: AbortSignal): Promise<void> {
  const find = (all: readonly Capability[]) => all.find((other) => other.id === id);
  let capability = find(await session.capabilities(signal));
  // What a password forbade is asked again: it may be known by now.
  if (sudoPassword(capability) !== null) capability = find((await session.probe(signal)).capabilities);
  if (capability?.available === true) return;
  const wanted = sudoPassword(capability);
  if (wanted !== null) throw wanted;
  const why = capability?.why ?? text(/*i18n*/ { id: 'capability.absent', message: 'This server cannot do that' });
  throw new Failure(
    'UNSUPPORTED',
    why,
    capability?.remedy ? { hint: capability.remedy, detail: { id } } : { detail: { id } },
  );
}

/** The failure that asks for sudo's password, when nothing but that stands in the way; null: something else does. */
function sudoPassword(capability: Capability | undefined): Failure | null {
  if (capability === undefined || capability.available) return null;
  const detail = { kind: 'sudo', hop: null };
  switch (capability.why.id) {
    case 'ssh.sudo.needed':
      return new Failure('AUTH_NEEDED', capability.why, { hint: text(ENTER), detail });
    case 'ssh.sudo.password':
      return new Failure('AUTH_FAILED', capability.why, { hint: text(ENTER), detail });
    default:
      return null;
  }
}

const ENTER = /*i18n*/ { id: 'ssh.sudo.needed.hint', message: 'Enter the sudo password, then try again' };

/** Groups whose subject is looked up for the plan: one command each. */
const SUBJECTS = 5;
/** Bytes of a message that hold its subject, as a rule. */
const HEAD_BYTES = 16 * 1024;
/** What looking for subjects may take altogether; without them the plan is still whole. */
const SUBJECT_MS = 3_000;

/**
 * Targets by sender, largest first; each group with the subject of one of its messages, where that is quick.
 *
 * @param queue Where subjects are read; null: the messages are not in the queue.
 */
export async function groupTargets(
  messages: readonly Pick<QueueIdentity, 'id' | 'sender' | 'size' | 'arrivalTime'>[],
  queue: Pick<QueueVerbs, 'readSource'> | null,
  signal: AbortSignal,
): Promise<{ groups: TargetGroup[]; groupsTotal: number }> {
  const bySender = new Map<string, { group: TargetGroup; first: string }>();
  for (const { id, sender, size, arrivalTime } of messages) {
    const key = sender === '' ? '<>' : sender;
    let entry = bySender.get(key);
    if (entry === undefined) {
      entry = { group: { key, count: 0, size: 0, oldest: arrivalTime, sample: null }, first: id };
      bySender.set(key, entry);
    }
    entry.group.count += 1;
    entry.group.size += size;
    if (entry.group.oldest === null || Date.parse(arrivalTime) < Date.parse(entry.group.oldest))
      entry.group.oldest = arrivalTime;
  }
  const entries = [...bySender.values()].sort(
    (a, b) => b.group.count - a.group.count || (a.group.key < b.group.key ? -1 : 1),
  );
  const soon = AbortSignal.any([signal, AbortSignal.timeout(SUBJECT_MS)]);
  await Promise.all(
    entries.slice(0, queue === null ? 0 : SUBJECTS).map(async ({ group, first }) => {
      group.sample = queue === null ? null : await subjectOf(queue, first, soon).catch(() => null);
    }),
  );
  signal.throwIfAborted();
  return { groups: entries.slice(0, GROUPS_SHOWN).map(({ group }) => group), groupsTotal: entries.length };
}

async function subjectOf(
  queue: Pick<QueueVerbs, 'readSource'>,
  id: string,
  signal: AbortSignal,
): Promise<string | null> {
  const source = await queue.readSource(id, signal);
  return subjectIn(source, HEAD_BYTES, signal);
}

export function totalSize(messages: readonly { size: number }[]): number {
  return messages.reduce((sum, { size }) => sum + size, 0);
}
