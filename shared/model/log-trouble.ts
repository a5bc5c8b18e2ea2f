/** What was wrong with a log file, in words. */
import type { LogSourceFile } from './log.ts';
import { text, type Text } from './text.ts';

/** `kind` and `count` as in `troubles` of the file; where reading stopped is at the end of its `bytes`. */
export function troubleText(kind: string, count: number, { bytes }: Pick<LogSourceFile, 'bytes'>): Text {
  switch (kind) {
    case 'truncated':
      return text(
        /*i18n*/ {
          id: 'log.trouble.truncated',
          message: 'ends before its packed end: the log in it is missing from byte {bytes, number} on',
        },
        { bytes },
      );
    case 'corrupt':
      return text(
        /*i18n*/ {
          id: 'log.trouble.corrupt',
          message: 'damaged inside: the log in it is missing from byte {bytes, number} on',
        },
        { bytes },
      );
    case 'trailing-bytes':
      return text(/*i18n*/ { id: 'log.trouble.trailing', message: 'bytes behind its packed end left out' });
    case 'unsupported':
      return text(/*i18n*/ { id: 'log.trouble.unsupported', message: 'packed in a way that is not read here' });
    case 'too-large':
      return text(
        /*i18n*/ {
          id: 'log.trouble.too-large',
          message: 'unpacks to more than the limit: cut at byte {bytes, number}',
        },
        { bytes },
      );
    case 'gone':
      return text(/*i18n*/ { id: 'log.trouble.gone', message: 'gone before it was read' });
    case 'shrunk':
      return text(/*i18n*/ { id: 'log.trouble.shrunk', message: 'became shorter while it was read' });
    case 'cut-line':
      return text(
        /*i18n*/ {
          id: 'log.trouble.cut-line',
          message: '{count, plural, one {# line without an end cut} other {# lines without an end cut}}',
        },
        { count },
      );
    case 'unreadable-entry':
      return text(
        /*i18n*/ {
          id: 'log.trouble.entry',
          message: '{count, plural, one {# entry not readable} other {# entries not readable}}',
        },
        { count },
      );
    case 'nul-bytes':
      return text(
        /*i18n*/ {
          id: 'log.trouble.nul',
          message: '{count, plural, one {# line with NUL bytes} other {# lines with NUL bytes}}',
        },
        { count },
      );
    case 'invalid-utf8':
      return text(
        /*i18n*/ {
          id: 'log.trouble.utf8',
          message: '{count, plural, one {# line that is not UTF-8} other {# lines that are not UTF-8}}',
        },
        { count },
      );
    case 'long-line':
      return text(
        /*i18n*/ {
          id: 'log.trouble.long',
          message: '{count, plural, one {# line too long to be told apart} other {# lines too long to be told apart}}',
        },
        { count },
      );
    default:
      return text(/*i18n*/ { id: 'log.trouble.other', message: '{kind}, {count}' }, { kind, count });
  }
}
