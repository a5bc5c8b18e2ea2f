/** What can be wrong with a question about logs, in words. */
import { Failure } from '#shared/model/failure.ts';
import { text } from '#shared/model/text.ts';

export function noSet(name: string): Failure {
  return new Failure(
    'NOT_FOUND',
    text(/*i18n*/ { id: 'logs.no-set', message: 'There is no log set {name}' }, { name }),
    {
      hint: text(/*i18n*/ { id: 'logs.no-set.hint', message: 'Index log files into a set of that name first' }),
    },
  );
}

export function outdated(name: string): Failure {
  return new Failure(
    'UNSUPPORTED',
    text(
      /*i18n*/ {
        id: 'logs.outdated',
        message: 'The log set {name} was indexed by another version of Postdeck, or its index is damaged',
      },
      { name },
    ),
    { hint: text(/*i18n*/ { id: 'logs.outdated.hint', message: 'Index its files again' }) },
  );
}

export function noTrace(id: string): Failure {
  return new Failure(
    'NOT_FOUND',
    text(/*i18n*/ { id: 'logs.no-trace', message: 'There is no trace {id} in this log' }, { id }),
    {
      hint: text(
        /*i18n*/ {
          id: 'logs.no-trace.hint',
          message: 'Trace numbers are those of one index; after a new indexing, search for the message again',
        },
      ),
    },
  );
}

export function badCriterion(words: string): Failure {
  return new Failure('BAD_INPUT', text(/*i18n*/ { id: 'logs.bad-criterion', message: '{words}' }, { words }));
}

export function busySet(name: string, pid: number): Failure {
  return new Failure(
    'UNSAFE',
    text(
      /*i18n*/ {
        id: 'logs.busy',
        message: 'Another Postdeck (process {pid}) is writing the log set {name}; it was left alone',
      },
      { name, pid },
    ),
    {
      hint: text(/*i18n*/ { id: 'logs.busy.hint', message: 'Wait until it is done, or use another name' }),
      retryable: true,
    },
  );
}

export function unreadable(path: string, why: string): Failure {
  return new Failure(
    'BAD_INPUT',
    text(/*i18n*/ { id: 'logs.unreadable', message: 'Cannot read {path}: {why}' }, { path, why }),
    { hint: text(/*i18n*/ { id: 'logs.unreadable.hint', message: 'Check the path and its permissions' }) },
  );
}

/** Every input was refused; the first of them is named with the reason, all are in the detail. */
export function nothingRead(refused: readonly { path: string; why: string }[]): Failure {
  const [first] = refused;
  return new Failure(
    'BAD_INPUT',
    text(
      /*i18n*/ {
        id: 'logs.nothing-read',
        message:
          'No log was found in what was given: {count, plural, =0 {nothing is in it} one {} other {# inputs were refused, first }}{first}',
      },
      { count: refused.length, first: first === undefined ? '' : `${first.path}: ${first.why}` },
    ),
    {
      hint: text(/*i18n*/ { id: 'logs.nothing-read.hint', message: 'Give log files, folders or archives of them' }),
      detail: { refused: refused.slice(0, 100) },
    },
  );
}
