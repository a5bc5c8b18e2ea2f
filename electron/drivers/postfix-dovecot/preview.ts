import { type Text, text } from '#shared/model/text.ts';
import type { QueueVerb, StepPreview } from '../driver.ts';
import { assertNever } from '#shared/model/assert-never.ts';
import { codecFor, type RootCommand, rootCommands } from './commands.ts';
import type { Context } from './context.ts';
import { flushArgv } from './flush.ts';

/** Bytes of an id with its newline, as they come to be on a server of some size. */
const ID_BYTES = 12;

const ids = (count: number): Text =>
  text(
    /*i18n*/ {
      id: 'postfix.preview.ids',
      message: '{count, plural, one {# queue id} other {# queue ids}}, one a line, in batches',
    },
    { count },
  );

/** The commands a verb runs, for the plan. The looks before each batch change nothing and are not steps. */
export function preview(
  context: Context,
  verb: QueueVerb,
  count: number,
  options: { held?: boolean } = {},
): StepPreview[] {
  const facts = context.known;
  const commands = rootCommands(facts);
  const codec = codecFor(facts);
  const root = (name: RootCommand, stdin: StepPreview['stdin']): StepPreview => ({
    command: context.machine.describe({ argv: commands[name].argv, root: true }),
    stdin,
  });
  const overIds = { what: ids(count), bytes: count * ID_BYTES };
  const flush: StepPreview = { command: context.machine.describe({ argv: flushArgv(facts) }), stdin: overIds };
  switch (verb) {
    case 'hold':
    case 'release':
    case 'requeue':
      return [root(verb, overIds)];
    case 'delete':
      return [root(options.held ? 'deleteHeld' : 'delete', overIds)];
    case 'flush':
      return [flush];
    case 'bounce':
      return [root('expire', overIds), flush];
    case 'copyOut':
      return [root(`copyOut.${codec}`, overIds)];
    case 'restore': {
      const what = text(
        /*i18n*/ {
          id: 'postfix.preview.archive',
          message: 'the copies of {count, plural, one {# message} other {# messages}}, compressed',
        },
        { count },
      );
      return [root(`restore.${codec}`, { what, bytes: 0 }), root('release', overIds)];
    }
    default:
      return assertNever(verb, 'queue verb');
  }
}
