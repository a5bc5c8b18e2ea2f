import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createInterface } from 'node:readline';
import { type Pack, pack as tarPack } from 'tar-stream';
import { Failure, isFailure } from '#shared/model/failure.ts';
import { text } from '#shared/model/text.ts';
import type { QueueIdentity, VerbOutcome, Watch } from '../driver.ts';
import { newOutcome, WHY, withOutcome } from './act.ts';
import { notAnArchive, compressor, openArchive, readEntries } from './archive.ts';
import type { RemoteResult } from '#remote/machine.ts';
import { type Codec, codecFor, rootCommands } from './commands.ts';
import type { Facts } from './facts.ts';
import { asFailed, asRan, type Context, runRoot, startRoot } from './context.ts';
import { LIMITS } from './limits.ts';
import { listQueue } from './list-queue.ts';
import { seconds } from './look.ts';
import { hashDirectories, idTime, isLongId } from './queue-path.ts';
import { parsePostsuper, withoutIdLines } from './parse/postsuper.ts';

const ARCHIVE = text(/*i18n*/ { id: 'postfix.stdin.archive', message: 'queue files, as a compressed tar archive' });
const RELEASED_IDS = text(/*i18n*/ { id: 'postfix.stdin.new-ids', message: 'the new queue ids, one a line' });

const ABSENT = text(/*i18n*/ { id: 'postfix.restore.absent', message: 'It is not among the copies' });
const NOT_TAKEN = text(
  /*i18n*/ {
    id: 'postfix.restore.not-taken',
    message: 'The server did not take it back: its id is in use there',
  },
);
const present = (id: string) =>
  text(/*i18n*/ { id: 'postfix.restore.present', message: 'It is in the queue already, as {id}' }, { id });

/**
 * Puts messages of an archive back: as files into the hold queue (scripts.ts, RESTORE, says how and why that is safe),
 * then, unless they are to stay there, off hold with postsuper -H. A message whose target says it was on hold stays on
 * hold in any case: that is how it was.
 *
 * Nothing goes through cleanup(8) a second time: bytes, envelope, arrival time and next retry are those of the file.
 * The other way back, through maildrop, adds a Received header, expands aliases and bcc maps again and runs milters
 * again; and what is on hold must not come from there, since it cannot be caught before its delivery begins.
 *
 * Putting back twice is safe: a message that is in the queue already is skipped, which also makes a restore that was
 * cut off in the middle one that can be run again.
 */
export async function restore(
  context: Context,
  archive: Readable,
  targets: readonly QueueIdentity[],
  options: { hold: boolean },
  watch: Watch,
): Promise<VerbOutcome> {
  const outcome = newOutcome();
  const newIds: Record<string, string> = {};
  outcome.newIds = newIds;
  const wanted = new Map(targets.map((target) => [target.id, target]));
  try {
    for (const [old, now] of await alreadyThere(context, targets, watch.signal)) {
      const target = wanted.get(old);
      if (target) outcome.skipped.push({ target, why: present(now) });
      wanted.delete(old);
    }
    if (wanted.size > 0) {
      const packed = await putBack(context, archive, wanted, watch, (old, id) => {
        const target = wanted.get(old);
        if (!target || newIds[old] !== undefined) return;
        newIds[old] = id;
        outcome.done.push(target);
        watch.progress(outcome.done.length);
      });
      for (const [id, target] of wanted) {
        if (newIds[id] === undefined) outcome.failed.push({ target, why: packed.has(id) ? NOT_TAKEN : ABSENT });
      }
    }
    if (!options.hold) await releaseRestored(context, outcome, newIds, watch);
  } catch (error) {
    archive.destroy();
    if (!isFailure(error, 'CANCELLED')) throw withOutcome(error, outcome);
    // What was put back before the cancel may not all have been told: the queue itself tells.
    const rest = [...wanted].filter(([id]) => newIds[id] === undefined).map(([, target]) => target);
    for (const [old, now] of await alreadyThere(context, rest, new AbortController().signal)) {
      const target = wanted.get(old);
      if (target) outcome.done.push(target);
      newIds[old] = now;
    }
    for (const target of rest) {
      if (newIds[target.id] === undefined) outcome.skipped.push({ target, why: WHY.cancelled });
    }
  }
  return outcome;
}

/**
 * Targets that are in the queue now, old id to present id. A message put back keeps the part of its id that tells its
 * microsecond; with arrival, sender and size that is one message.
 */
async function alreadyThere(
  context: Context,
  targets: readonly QueueIdentity[],
  signal: AbortSignal,
): Promise<Map<string, string>> {
  const key = (m: Omit<QueueIdentity, 'queue'>): string =>
    JSON.stringify([idTime(m.id), seconds(m.arrivalTime), m.sender, m.size]);
  const byKey = new Map(targets.map((target) => [key(target), target.id]));
  const there = new Map<string, string>();
  if (byKey.size === 0) return there;
  for await (const batch of listQueue(context, { signal })) {
    for (const message of batch) {
      const id = byKey.get(key(message));
      if (id !== undefined) there.set(id, message.id);
    }
  }
  return there;
}

/**
 * Sends the wanted files of the archive to the server; `placed` is told of each that is in the hold queue. Returns the
 * ids that were sent. The tar is made anew here: it holds nothing but files of wanted messages, checked against their
 * targets, and can be compressed with what the server has today.
 */
async function putBack(
  context: Context,
  archive: Readable,
  wanted: ReadonlyMap<string, QueueIdentity>,
  watch: Watch,
  placed: (old: string, id: string) => void,
): Promise<Set<string>> {
  const facts = await context.facts(watch.signal);
  const codec = codecFor(facts);
  const command = `restore.${codec}` as const;
  const { plain } = await openArchive(archive);
  const input = new PassThrough();
  let bytes = 0;
  const sent = new Set<string>();
  const since = performance.now();
  const note = () => ({ what: ARCHIVE, bytes });
  try {
    const process = await startRoot(context, command, {
      name: 'put messages back',
      stdin: input,
      signal: watch.signal,
      deadline: LIMITS.ARCHIVE_SECONDS,
    });
    // Only now is the archive read: when it breaks off, the command's input breaks too, and the command is ended.
    const sending = send(plain, wanted, facts, codec, input, sent);
    input.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    const lines = createInterface({ input: process.stdout, crlfDelay: Number.POSITIVE_INFINITY });
    lines.on('error', () => {}); // told by `ended`
    lines.on('line', (line) => {
      const [, old, id] = /^([0-9A-Za-z]+) ([0-9A-Za-z]+)$/.exec(line) ?? [];
      if (old !== undefined && id !== undefined) placed(old, id);
    });
    const closed = new Promise<void>((resolve) => lines.once('close', resolve));
    process.stdout.on('error', () => lines.close());
    let result: RemoteResult;
    try {
      result = await process.ended;
    } finally {
      await closed;
      await sending;
    }
    watch.ran(asRan(result, note()));
  } catch (error) {
    const { argv } = rootCommands(facts)[command];
    watch.ran(asFailed(context.machine.describe({ argv, root: true }), note(), since, error));
    throw error;
  }
  return sent;
}

/** Makes the archive anew from what is wanted of it, into the command's input. Never rejects: a failure breaks that. */
async function send(
  plain: Readable,
  wanted: ReadonlyMap<string, QueueIdentity>,
  facts: Facts,
  codec: Codec,
  input: PassThrough,
  sent: Set<string>,
): Promise<void> {
  const pack = tarPack();
  pack.on('error', () => {}); // the input breaks with it
  const compress = compressor(codec);
  const source = Readable.from(pack, { objectMode: false });
  const piped = compress ? pipeline(source, compress, input) : pipeline(source, input);
  const packing = packWanted(plain, wanted, facts, pack, sent).catch((error: unknown) => {
    const failure = isFailure(error) ? error : notAnArchive(error);
    input.destroy(failure);
    pack.destroy(failure);
  });
  try {
    await piped;
  } catch {
    // The command ended early, or the archive broke off: whoever waits for the command learns it.
    pack.destroy();
    plain.destroy();
  }
  await packing;
}

async function packWanted(
  plain: Readable,
  wanted: ReadonlyMap<string, QueueIdentity>,
  facts: Facts,
  pack: Pack,
  sent: Set<string>,
): Promise<void> {
  for await (const entry of readEntries(plain)) {
    const target = wanted.get(entry.id);
    if (!target || sent.has(entry.id) || !entry.is(target)) continue;
    // A long id is kept, and so is its place; the place of a short one follows from its new id (RESTORE).
    const folder = isLongId(entry.id) ? hashDirectories(facts, 'hold', entry.id) : '';
    // Group execute marks a message as expired (postsuper -e): it stays so. Nothing else of the mode is taken.
    const mode = 0o700 | (entry.header.mode & 0o010);
    const { size, mtime } = entry.header;
    const file = pack.entry({ name: folder + entry.id, size, mode, mtime, type: 'file' });
    file.on('error', () => {}); // as pack's
    for await (const chunk of entry.content) {
      if (!file.write(chunk)) await drained(file);
      if (file.destroyed) return;
    }
    file.end(null);
    sent.add(entry.id);
  }
  pack.finalize();
}

/** Room again, or nobody left to make it. Leaves no listener behind: a large message waits here thousands of times. */
function drained(file: ReturnType<Pack['entry']>): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      file.off('drain', done).off('close', done);
      resolve();
    };
    file.on('drain', done).on('close', done);
  });
}

/** Takes what was put back off hold, but for what was on hold before. */
async function releaseRestored(
  context: Context,
  outcome: VerbOutcome,
  newIds: Readonly<Record<string, string>>,
  watch: Watch,
): Promise<void> {
  const ids = outcome.done.filter((target) => target.queue !== 'hold').map((target) => newIds[target.id] ?? '');
  for (let at = 0; at < ids.length; at += LIMITS.BATCH) {
    const stdin = `${ids.slice(at, at + LIMITS.BATCH).join('\n')}\n`;
    const note = { what: RELEASED_IDS, bytes: stdin.length };
    const result = await runRoot(context, 'release', { name: 'release restored messages', stdin });
    watch.ran(asRan(result, note, withoutIdLines(result.stderr)));
    const { complaints } = parsePostsuper(result.stderr);
    if (complaints.some((line) => /^postsuper: (fatal|panic):/.test(line))) {
      throw new Failure(
        'REMOTE_FAILED',
        text(
          /*i18n*/ {
            id: 'postfix.restore.held',
            message: 'The messages are back, on hold; releasing them failed',
          },
        ),
        {
          hint: text(/*i18n*/ { id: 'postfix.restore.held.hint', message: 'Release them from hold' }),
          detail: { stderr: result.stderr.slice(-LIMITS.OUTPUT_KEPT) },
        },
      );
    }
  }
}
