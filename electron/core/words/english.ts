import { setupI18n } from '@lingui/core';
import { compileMessage } from '@lingui/message-utils/compileMessage';
import type { Text } from '#shared/model/text.ts';

const i18n = setupI18n({ locale: 'en', locales: 'en', messages: { en: {} } });
i18n.setMessagesCompiler(compileMessage);
const plurals = new Intl.PluralRules('en');
const numbers = new Intl.NumberFormat('en');

type Tokens = ReturnType<typeof compileMessage>;
/** Messages compiled so far: compiling costs a hundred times what filling in does, and a log has thousands of one kind. */
const compiled = new Map<string, Tokens>();

/** A text in English, its ICU placeholders and plurals filled in. */
export function english({ id, message, values }: Text): string {
  let tokens = compiled.get(message);
  if (tokens === undefined) {
    tokens = compileMessage(message);
    compiled.set(message, tokens);
  }
  return fill(tokens, values, null) ?? i18n._(id, said(values), { message });
}

function said(values: Text['values']): Record<string, string | number> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, typeof value === 'object' ? english(value) : value]),
  );
}

/**
 * Fills in what nearly all texts are made of; null: something else is in it. An export writes a sentence for every
 * trace of a log, and this is ten times faster than the formatter for everything. It also leaves values alone, where
 * the other takes backslash sequences of strangers for its own.
 */
function fill(tokens: unknown, values: Text['values'], count: number | null): string | null {
  if (typeof tokens === 'string') return tokens;
  if (!Array.isArray(tokens)) return null;
  let out = '';
  for (const token of tokens as unknown[]) {
    if (typeof token === 'string') {
      out += token === '#' && count !== null ? numbers.format(count) : token;
      continue;
    }
    const [name, type, cases] = token as [string, string | undefined, Record<string, unknown> | undefined];
    const value = values[name];
    if (type === undefined) out += typeof value === 'object' ? english(value) : (value ?? '');
    else if (type === 'plural' && typeof value === 'number' && cases !== undefined && cases['offset'] === undefined) {
      const chosen = fill(cases[String(value)] ?? cases[plurals.select(value)] ?? cases['other'], values, value);
      if (chosen === null) return null;
      out += chosen;
    } else return null;
  }
  return out;
}
