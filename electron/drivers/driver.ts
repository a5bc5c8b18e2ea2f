import type { Readable } from 'node:stream';
import type { Machine } from '#remote/machine.ts';
import type { RanCommand } from '#shared/model/change.ts';
import type { QueueMessage } from '#shared/model/queue.ts';
import type { Capability, Probe } from '#shared/model/server.ts';
import type { Text } from '#shared/model/text.ts';
import type { AccountVerbs } from './accounts.ts';
import type { LogVerbs } from './logs.ts';

/** A message as a change must recognise it: ids are reused, so arrival and sender count too. */
export type QueueIdentity = Pick<QueueMessage, 'id' | 'arrivalTime' | 'sender' | 'queue' | 'size'>;

/** What a verb tells while it runs. Every command that ran on the server is reported, also failed ones. */
export interface Watch {
  signal: AbortSignal;
  ran(command: RanCommand): void;
  /** Targets done so far in this verb. */
  progress(done: number): void;
}

/** A step as it will run, for the plan. */
export interface StepPreview {
  command: string;
  stdin: { what: Text; bytes: number } | null;
}

/** What became of each target of a verb. Every target is in exactly one of the lists. */
export interface VerbOutcome {
  done: QueueIdentity[];
  /** Gone, or another message under the same id: left alone. */
  skipped: { target: QueueIdentity; why: Text }[];
  failed: { target: QueueIdentity; why: Text }[];
  /** Ids that the server changed in doing it, old to new, of targets in `done`. Absent: none, or not told by it. */
  newIds?: Record<string, string>;
}

export interface QueueEntry {
  envelope: {
    clientAddress: string | null;
    clientName: string | null;
    helo: string | null;
    protocol: string | null;
    login: string | null;
    originalRecipients: Record<string, string>;
    records: { name: string; value: string }[];
  };
  message: QueueMessage;
}

/**
 * What can be done to one server's outbound queue. Verbs that change check identities again on the server just
 * before they act, and take only messages that are still the same.
 */
export interface QueueVerbs {
  /** The command that list() runs, for the status bar. */
  readonly listCommand: string;
  /** Streams the queue in batches. Throws BAD_OUTPUT when the listing was cut short. */
  list(options: { signal: AbortSignal }): AsyncIterable<QueueMessage[]>;
  /** The messages with these ids, as they are now; absent ones are left out. */
  find(ids: readonly string[], signal: AbortSignal): Promise<QueueMessage[]>;
  /** SASL logins by queue id, read from the envelopes; messages without one are absent. */
  logins(signal: AbortSignal): Promise<Map<string, string>>;
  /** Envelope of one message. NOT_FOUND when it is gone. */
  entry(id: string, signal: AbortSignal): Promise<QueueEntry>;
  /** Raw source of one message, streamed. */
  readSource(id: string, signal: AbortSignal): Promise<Readable>;
  /** `held`: the messages will be on hold by then, as after a hold step of the same plan. */
  preview(verb: QueueVerb, count: number, options?: { held?: boolean }): StepPreview[];
  hold(targets: readonly QueueIdentity[], watch: Watch): Promise<VerbOutcome>;
  release(targets: readonly QueueIdentity[], watch: Watch): Promise<VerbOutcome>;
  requeue(targets: readonly QueueIdentity[], watch: Watch): Promise<VerbOutcome>;
  flush(targets: readonly QueueIdentity[], watch: Watch): Promise<VerbOutcome>;
  bounce(targets: readonly QueueIdentity[], watch: Watch): Promise<VerbOutcome>;
  delete(targets: readonly QueueIdentity[], watch: Watch): Promise<VerbOutcome>;
  /**
   * Streams held messages out as one compressed archive whose format only restore() needs to know.
   * `stored` resolves to the ids that are in the archive, once the stream has ended.
   */
  copyOut(targets: readonly QueueIdentity[], watch: Watch): Promise<{ archive: Readable; stored: Promise<string[]> }>;
  /**
   * Puts messages of an archive back into the queue; envelope, arrival and bytes as they were, ids new. A target whose
   * identity says it was on hold goes back on hold, whatever `hold` says: bringing it back must not send it.
   */
  restore(
    archive: Readable,
    targets: readonly QueueIdentity[],
    options: { hold: boolean },
    watch: Watch,
  ): Promise<VerbOutcome>;
  /** What happens a second time when a message goes through requeue (always_bcc, milters, ...). restore() repeats nothing. */
  twice(signal: AbortSignal): Promise<Text[]>;
}

export type QueueVerb = 'hold' | 'release' | 'requeue' | 'flush' | 'bounce' | 'delete' | 'copyOut' | 'restore';

/** One server, connected, as its driver sees it. */
export interface ServerSession {
  readonly driver: string;
  readonly demo: boolean;
  /** As whom commands run, for the plan: `root` or `ops, through sudo`. */
  readonly runAs: Text;
  probe(signal: AbortSignal): Promise<Omit<Probe, 'serverId' | 'at' | 'driver' | 'demo'>>;
  /** Read from the last probe; probes first when there was none. */
  capabilities(signal: AbortSignal): Promise<Capability[]>;
  readonly queue: QueueVerbs;
  /** Absent: this family keeps no accounts that the console knows of. */
  readonly accounts?: AccountVerbs;
  /** Absent: this family's logs cannot be read from here. */
  readonly logs?: LogVerbs;
}

/** One family of mail server. Adding a family: a folder, and one line in index.ts. */
export interface Driver {
  readonly id: string;
  readonly title: string;
  /** Tells whether this machine is of the family; drivers are asked in the order of index.ts. */
  recognises(machine: Machine, signal: AbortSignal): Promise<boolean>;
  open(machine: Machine): ServerSession;
}
