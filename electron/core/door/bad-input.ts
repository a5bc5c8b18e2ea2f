import { Failure } from '#shared/model/failure.ts';
import { text } from '#shared/model/text.ts';

interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** Characters of a bad value that are quoted back. */
const QUOTED = 80;
/** Fields whose value must not be quoted back: what was typed there may be a secret in the wrong place. */
const UNQUOTED = /^(value|passphrase|password|secret)$/;

/** The first thing wrong with what a caller sent, as expected and got; the rest in `detail.issues`. */
export function badInput(method: readonly string[], issues: readonly Issue[], data: unknown): Failure {
  const told = issues.slice(0, 20).map((issue) => {
    const path = (issue.path ?? []).map((part) => (typeof part === 'object' ? part.key : part));
    return { field: path.map(String).join('.'), expected: issue.message, got: got(data, path) };
  });
  const first = told[0] ?? { field: '', expected: '?', got: '?' };
  return new Failure(
    'BAD_INPUT',
    first.field === ''
      ? text(
          /*i18n*/ { id: 'edge.bad-input', message: '{expected}; got {got}' },
          { expected: first.expected, got: first.got },
        )
      : text(
          /*i18n*/ { id: 'edge.bad-input.field', message: '{field}: {expected}; got {got}' },
          { field: first.field, expected: first.expected, got: first.got },
        ),
    { detail: { method: method.join('.'), issues: told } },
  );
}

function got(data: unknown, path: readonly PropertyKey[]): string {
  let value = data;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return 'nothing';
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  if (path.some((key) => UNQUOTED.test(String(key)))) return 'a value that is not shown';
  if (value === undefined) return 'nothing';
  const shown = JSON.stringify(value) ?? typeof value;
  return shown.length > QUOTED ? `${shown.slice(0, QUOTED)}…` : shown;
}
