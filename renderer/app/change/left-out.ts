import type { ChangeRequest } from '#shared/model/change.ts';
import type { QueueTarget } from '#shared/model/queue.ts';

/** What a filter may leave out at most (shared/model/queue.ts). */
const AT_MOST = 50;

type OnQueue = Extract<ChangeRequest, { target: QueueTarget }>;

function isOnQueue(request: ChangeRequest): request is OnQueue {
  return request.kind.startsWith('queue.') && 'target' in request;
}

/** True for a request whose targets are messages chosen by a person: groups of them can be left out. */
export function canLeaveOut(request: ChangeRequest, already: number): boolean {
  if (!isOnQueue(request)) return false;
  const { target } = request;
  const without = (target.by === 'filter' ? target.filter.without : target.without) ?? [];
  return already + without.length < AT_MOST;
}

/** The request without the messages of these senders, named as a plan's groups name them (`<>`: the null sender). */
export function leaveOutSenders(request: ChangeRequest, senders: readonly string[]): ChangeRequest {
  if (senders.length === 0 || !isOnQueue(request)) return request;
  return { ...request, target: targetWithout(request.target, senders) };
}

function targetWithout(target: QueueTarget, senders: readonly string[]): QueueTarget {
  // To the letter: a sender may be written like a pattern.
  const more = senders.map((sender) => ({ sender: sender === '<>' ? sender : `=${sender}` }));
  if (target.by === 'filter') {
    return { ...target, filter: { ...target.filter, without: [...(target.filter.without ?? []), ...more] } };
  }
  return { ...target, without: [...(target.without ?? []), ...more] };
}
