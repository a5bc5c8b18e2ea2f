import { setImmediate as breathe } from 'node:timers/promises';
import { Readable } from 'node:stream';
import { Failure } from '#shared/model/failure.ts';
import type { QueueMessage } from '#shared/model/queue.ts';
import { text } from '#shared/model/text.ts';
import type { QueueEntry, QueueIdentity, QueueVerb, QueueVerbs, StepPreview, VerbOutcome, Watch } from '../driver.ts';
import { act, idBytes, identityOf, idsText, isSame } from './act.ts';
import { pack, unpack } from './archive.ts';
import { PASS_BYTES, sourceOf } from './source.ts';
import type { DemoState } from './state.ts';
import type { DemoMessage } from './world.ts';

const BATCH = 1_000;
/** Length of a demo queue id and its line end. */
const ID_LINE = 12;

// Written as a real server's commands would be, after a word that says that none runs.
const COMMANDS: Record<QueueVerb, string> = {
  hold: 'demo: postsuper -h -',
  release: 'demo: postsuper -H -',
  requeue: 'demo: postsuper -r -',
  flush: 'demo: postqueue -i',
  bounce: 'demo: postsuper -f -',
  delete: 'demo: postsuper -d -',
  copyOut: 'demo: tar -C hold -cf - -T -',
  restore: 'demo: tar -C maildrop -xpf -',
};

/** The demo server's queue: every verb does in memory what Postfix would do on a disk. Nothing is ever delivered. */
export function demoQueue(state: DemoState): QueueVerbs {
  /** login is read from envelopes only, as on a real server. */
  const told = ({ message }: DemoMessage): QueueMessage => ({ ...message, login: null });
  return {
    listCommand: 'demo: postqueue -j',

    async *list({ signal }) {
      const all = [...state.messages().values()];
      for (let at = 0; at < all.length; at += BATCH) {
        signal.throwIfAborted();
        yield all.slice(at, at + BATCH).map(told);
        await breathe();
      }
    },

    find(ids, signal) {
      signal.throwIfAborted();
      const messages = state.messages();
      return Promise.resolve(ids.flatMap((id) => messages.get(id) ?? []).map(told));
    },

    logins(signal) {
      signal.throwIfAborted();
      const all = [...state.messages().values()];
      return Promise.resolve(
        new Map(all.flatMap(({ message: { id, login } }) => (login === null ? [] : [[id, login]]))),
      );
    },

    entry: (id) => Promise.resolve(entryOf(one(state, id))),
    readSource: (id) => Promise.resolve(Readable.from(chunks(sourceOf(one(state, id))), { objectMode: false })),

    preview(verb, count): StepPreview[] {
      const stdin =
        verb === 'restore'
          ? { what: text(/*i18n*/ { id: 'queue.stdin.archive', message: 'the safe copies' }), bytes: 0 }
          : { what: idsText(count), bytes: count * ID_LINE };
      return [{ command: COMMANDS[verb], stdin }];
    },

    hold: (targets, watch) =>
      act(state, targets, watch, {
        command: COMMANDS.hold,
        each: ({ message }, edit) => {
          if (message.queue !== 'hold') edit.move(message.id, 'hold', true);
          return null;
        },
        output: (done) => `postsuper: Placed on hold: ${done} messages`,
      }),
    release: (targets, watch) =>
      act(state, targets, watch, {
        command: COMMANDS.release,
        each: ({ message }, edit) => {
          if (message.queue === 'hold') edit.move(message.id, 'deferred', true);
          return null;
        },
        output: (done) => `postsuper: Released from hold: ${done} messages`,
      }),
    requeue: (targets, watch) =>
      act(state, targets, watch, {
        command: COMMANDS.requeue,
        each: (demo, edit) => {
          edit.remove(demo.message.id);
          edit.add(again(demo, edit.newId(), 'incoming'));
          return null;
        },
        output: (done) => `postsuper: Requeued: ${done} messages`,
      }),
    flush: (targets, watch) =>
      act(state, targets, watch, {
        command: COMMANDS.flush,
        each: ({ message }, edit) => {
          if (message.queue === 'hold') {
            return text(/*i18n*/ { id: 'queue.outcome.held', message: 'On hold; release it first' });
          }
          edit.move(message.id, 'active', false);
          return null;
        },
        output: () => '',
      }),
    bounce: (targets, watch) =>
      act(state, targets, watch, {
        command: COMMANDS.bounce,
        each: ({ message }, edit) => {
          edit.remove(message.id);
          return null;
        },
        output: (done) => `postsuper: Force-expired: ${done} messages`,
      }),
    delete: (targets, watch) =>
      act(state, targets, watch, {
        command: COMMANDS.delete,
        each: ({ message }, edit) => {
          edit.remove(message.id);
          return null;
        },
        output: (done) => `postsuper: Deleted: ${done} messages`,
      }),

    copyOut: (targets, watch) => Promise.resolve(copyOut(state, targets, watch)),
    restore: (archive, targets, { hold }, watch) => restore(state, archive, targets, hold, watch),
    twice: () => Promise.resolve([text(/*i18n*/ { id: 'demo.twice', message: 'One more Received header is added' })]),
  };
}

function one(state: DemoState, id: string): DemoMessage {
  const demo = state.messages().get(id);
  if (demo !== undefined) return demo;
  throw new Failure(
    'NOT_FOUND',
    text(/*i18n*/ { id: 'queue.gone', message: 'Message {queueId} is no longer in the queue' }, { queueId: id }),
    {
      hint: text(
        /*i18n*/ { id: 'queue.gone.hint', message: 'It was delivered, bounced or deleted; read the queue again' },
      ),
    },
  );
}

function* chunks(source: Buffer): Generator<Buffer> {
  for (let at = 0; at < source.length; at += 65_536) yield source.subarray(at, at + 65_536);
}

function entryOf(demo: DemoMessage): QueueEntry {
  const { message } = demo;
  return {
    message,
    envelope: {
      clientAddress: demo.client,
      clientName: demo.client === null ? null : 'unknown',
      helo: demo.client === null ? null : `[${demo.client}]`,
      protocol: demo.client === null ? null : 'ESMTPSA',
      login: message.login,
      originalRecipients: {},
      records: [{ name: 'rewrite_context', value: demo.client === null ? 'local' : 'remote' }],
    },
  };
}

/** The message as it is after it went through cleanup once more. */
function again(demo: DemoMessage, id: string, queue: QueueMessage['queue']): DemoMessage {
  const { message } = demo;
  const recipients = message.recipients.map(({ address }) => ({ address, reason: null }));
  return {
    ...demo,
    passes: demo.passes + 1,
    message: { ...message, id, queue, recipients, size: message.size + PASS_BYTES },
  };
}

function copyOut(
  state: DemoState,
  targets: readonly QueueIdentity[],
  watch: Watch,
): { archive: Readable; stored: Promise<string[]> } {
  watch.signal.throwIfAborted();
  const started = performance.now();
  const messages = state.messages();
  const held = targets.flatMap((target) => {
    const demo = messages.get(target.id);
    return demo !== undefined && isSame(target, demo.message) && demo.message.queue === 'hold' ? [demo] : [];
  });
  const archive = pack(held);
  const abort = (): void => void archive.destroy(watch.signal.reason as Error);
  watch.signal.addEventListener('abort', abort, { once: true });
  const { promise: stored, resolve, reject } = Promise.withResolvers<string[]>();
  const ran = (exit: number | null): void => {
    watch.signal.removeEventListener('abort', abort);
    watch.ran({
      command: COMMANDS.copyOut,
      stdin: { what: idsText(targets.length), bytes: idBytes(targets) },
      exit,
      signal: exit === null ? 'TERM' : null,
      ms: performance.now() - started,
      output: '',
    });
  };
  archive.once('end', () => {
    ran(0);
    resolve(held.map(({ message }) => message.id));
  });
  archive.once('error', (error) => {
    ran(null);
    reject(error);
  });
  // The reader of the archive gets the same error; nobody has to wait for both.
  stored.catch(() => undefined);
  return { archive, stored };
}

async function restore(
  state: DemoState,
  archive: Readable,
  targets: readonly QueueIdentity[],
  hold: boolean,
  watch: Watch,
): Promise<VerbOutcome> {
  const started = performance.now();
  const wanted = new Map(targets.map((target) => [target.id, target]));
  const found: DemoMessage[] = [];
  for await (const demo of unpack(archive)) {
    watch.signal.throwIfAborted();
    if (wanted.has(demo.message.id)) found.push(demo);
  }
  // All of it was read before any of it goes back: a damaged archive restores nothing.
  state.change((edit) => {
    for (const demo of found) {
      const stays = hold || wanted.get(demo.message.id)?.queue === 'hold';
      edit.add({ ...demo, message: { ...demo.message, id: edit.newId(), queue: stays ? 'hold' : 'deferred' } });
    }
  });
  watch.progress(found.length);
  watch.ran({
    command: COMMANDS.restore,
    stdin: { what: text(/*i18n*/ { id: 'queue.stdin.archive', message: 'the safe copies' }), bytes: 0 },
    exit: 0,
    signal: null,
    ms: performance.now() - started,
    output: '',
  });
  for (const { message } of found) wanted.delete(message.id);
  const why = text(/*i18n*/ { id: 'queue.outcome.not-in-archive', message: 'Not among the safe copies' });
  return {
    done: found.map(({ message }) => identityOf(message)),
    skipped: [],
    failed: [...wanted.values()].map((target) => ({ target, why })),
  };
}
