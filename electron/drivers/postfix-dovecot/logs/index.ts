import type { RemoteCommand, RemoteProcess } from '#remote/machine.ts';
import { Failure, isFailure } from '#shared/model/failure.ts';
import { text } from '#shared/model/text.ts';
import { type JournalEntry, type LogFile, type LogFiles, type LogVerbs, MovedAway } from '../../logs.ts';
import { codecFor, type RootCommand, rootCommands } from '../commands.ts';
import type { Context } from '../context.ts';
import type { LogFacts } from './find-logs.ts';
import { JournalParser } from './journal.ts';
import { unpack, unpackStream } from './packed.ts';
import { Questions } from './questions.ts';

/** Seconds that one watching process lives. It is then started again: every command has an end. */
const WATCH_SECONDS = 12 * 3600;
/** Bytes one watching process may answer: base64 of what a busy server logs in WATCH_SECONDS. */
const WATCH_BYTES = 256 * 1024 ** 3;
/** Seconds for one file, at 5 MB/s for 16 GiB. */
const STREAM_SECONDS = 3600;

/** The logs of a server with Postfix, wherever it writes them. */
export function logVerbs(context: Context): LogVerbs {
  return {
    async places(signal) {
      const { logs } = await context.facts(signal);
      checkLogs(context, logs);
      return logs.places;
    },
    zone: async (signal) => (await context.facts(signal)).logs.zone,
    files: (path, signal) => openFiles(context, path, signal),
    journal: (from, options) => readJournal(context, from, options),
  };
}

/** Says why logs cannot be read here. */
function checkLogs(context: Context, logs: LogFacts): void {
  if (logs.places.length === 0) {
    throw new Failure(
      'UNSUPPORTED',
      text(/*i18n*/ { id: 'postfix.logs.none', message: 'No mail log was found on this server' }),
      {
        hint: text(
          /*i18n*/ {
            id: 'postfix.logs.none.hint',
            message: 'Check that a syslog daemon or journald runs, or set maillog_file',
          },
        ),
      },
    );
  }
  if (logs.root && !context.canRoot) {
    throw new Failure(
      'UNSUPPORTED',
      text(
        /*i18n*/ { id: 'postfix.logs.rights', message: '{user} may not read the mail log of this server' },
        { user: context.machine.user },
      ),
      {
        hint: text(
          /*i18n*/ {
            id: 'postfix.logs.rights.hint',
            message: 'Add {user} to the group that owns it (adm on Debian), or turn on sudo for this server',
          },
          { user: context.machine.user },
        ),
      },
    );
  }
}

async function start(
  context: Context,
  command: Extract<RootCommand, 'logWatch' | 'logStream' | 'logJournal'>,
  run: Pick<RemoteCommand, 'name' | 'stdin' | 'signal' | 'deadline' | 'maxOutput'>,
): Promise<RemoteProcess> {
  const facts = await context.facts(run.signal ?? new AbortController().signal);
  const { argv } = rootCommands(facts)[command];
  return context.machine.start({ ...run, argv, root: facts.logs.root });
}

async function openFiles(context: Context, path: string, signal: AbortSignal): Promise<LogFiles> {
  const facts = await context.facts(signal);
  const codec = codecFor(facts);
  const files = facts.logs.places.flatMap((place) => (place.kind === 'file' ? [place.path] : []));
  const number = files.indexOf(path) + 1;
  if (number === 0) throw new RangeError(`expected one of the server's logs, got ${path}`);
  const process = await start(context, 'logWatch', {
    name: 'watch the mail log',
    deadline: WATCH_SECONDS,
    maxOutput: WATCH_BYTES,
    signal,
  });
  const questions = new Questions(process);
  return {
    async look(known) {
      const asked = known === null ? '- - -' : `${known.inode} ${known.size} ${known.changed}`;
      const answer = await questions.ask(`look ${number} ${asked}`);
      if (answer === '=') return 'same';
      return answer === '-' ? null : parseFile(answer);
    },
    async rotated() {
      const found: LogFile[] = [];
      for (const line of await questions.askAll(`list ${number}`, '.')) found.push(parseFile(line));
      return found.filter(({ name }) => name.startsWith(path));
    },
    async read(file, offset, count) {
      const answer = await questions.ask(`read ${number} ${file.inode} ${offset + 1} ${count} ${file.name}`);
      const match = /^D ([A-Za-z0-9+/=]*)\. ([A-Za-z0-9+/=]*)\.$/.exec(answer);
      if (match === null) {
        if (answer === 'M') return 'moved';
        throw odd(answer);
      }
      const head = Buffer.from(match[2] ?? '', 'base64');
      if (!head.subarray(0, file.head.length).equals(file.head)) return 'moved';
      return await unpack(Buffer.from(match[1] ?? '', 'base64'), codec);
    },
    async *stream(file, offset, count, stop) {
      const streaming = await start(context, 'logStream', {
        name: 'read the mail log',
        stdin: `${number} ${file.inode} ${offset + 1} ${count} ${file.name}\n`,
        deadline: STREAM_SECONDS,
        signal: stop,
      });
      try {
        yield* unpackStream(streaming.stdout, codec);
        await streaming.ended;
      } catch (error) {
        // The process says better than the broken stream why it ended.
        const why: unknown = await streaming.ended.then(
          () => error,
          (ended: unknown) => ended,
        );
        throw isFailure(why, 'REMOTE_FAILED') && why.detail['exit'] === 65 ? new MovedAway() : why;
      } finally {
        await streaming.stop();
      }
    },
    close: () => questions.close(),
  };
}

function parseFile(line: string): LogFile {
  const match = /^F (\d+) (\d+) (\d+(?:\.\d+)?) ([A-Za-z0-9+/=]*)\. (.+)$/.exec(line);
  if (match === null) throw odd(line);
  const [, inode = '', size = '', changed = '', head = '', name = ''] = match;
  return {
    name,
    inode,
    size: Number(size),
    changed,
    head: Buffer.from(head, 'base64'),
    packed: /\.(?:gz|zst|xz|bz2)$/.test(name),
  };
}

function odd(answer: string): Failure {
  return new Failure(
    'BAD_OUTPUT',
    text(/*i18n*/ { id: 'postfix.logs.odd', message: 'The server’s answer about its log is not understood' }),
    { retryable: true, detail: { answer: answer.slice(0, 200) } },
  );
}

async function* readJournal(
  context: Context,
  from: { cursor: string } | { since: number },
  { follow, signal }: { follow: boolean; signal: AbortSignal },
): AsyncGenerator<JournalEntry[], void, void> {
  const cursor = 'cursor' in from ? from.cursor : '';
  const since = 'since' in from ? String(Math.floor(from.since)) : '';
  if (!/^[A-Za-z0-9=;-]*$/.test(cursor)) throw new RangeError(`expected a journal cursor, got ${cursor}`);
  const process = await start(context, 'logJournal', {
    name: 'read the journal',
    stdin: `${follow ? 'follow' : 'once'}\n${cursor}\n${since}\n`,
    deadline: follow ? WATCH_SECONDS : STREAM_SECONDS,
    maxOutput: WATCH_BYTES,
    signal,
  });
  const parser = new JournalParser();
  try {
    for await (const chunk of process.stdout) {
      const entries = parser.push(chunk as Buffer);
      if (entries.length > 0) yield entries;
    }
    await process.ended;
  } catch (error) {
    throw await process.ended.then(
      () => error,
      (ended: unknown) => ended,
    );
  } finally {
    await process.stop();
  }
}
