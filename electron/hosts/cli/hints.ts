import { Failure, type FailureData } from '#shared/model/failure.ts';
import type { ServerProfile } from '#shared/model/server.ts';
import { text } from '#shared/model/text.ts';
import { offeredKey } from './offered-key.ts';
import { renderText } from './render-text.ts';
import { JUMP_ENV, jumpVariable, SECRET_ENV } from './secrets.ts';

/**
 * The same failure with the command or variable that a script needs next, where the core's own hint speaks to a person
 * at a page; null: its hint holds here too.
 */
export function onTerminal(failure: FailureData, server: ServerProfile): Failure | null {
  const hint = failure.hint === null ? '' : renderText(failure.hint);
  const { name } = server;
  if (failure.code === 'HOST_KEY_UNKNOWN') {
    const key = offeredKey(failure);
    if (key === null) return null;
    const host = key.host === `${server.ssh?.host}:${server.ssh?.port}` ? '' : ` --host ${key.host}`;
    return again(
      failure,
      text(
        /*i18n*/ { id: 'cli.hint.trust', message: '{hint}: postdeck servers trust {name} {fingerprint}{host}' },
        { hint, name, fingerprint: key.fingerprint, host },
      ),
    );
  }
  if (failure.code !== 'AUTH_NEEDED') return null;
  const variable = variableFor(failure, server);
  if (variable === null) return null;
  return again(
    failure,
    text(
      /*i18n*/ {
        id: 'cli.hint.secret-in',
        message:
          'Give it in {variable}, or run this on a terminal to be asked; what the desktop app keeps can only be used there',
      },
      { variable },
    ),
  );
}

/** The environment variable that carries the secret of this machine; null: there is none for this kind. */
function variableFor({ detail: { kind, hop } }: FailureData, { ssh }: ServerProfile): string | null {
  const variables = hop === null || hop === undefined ? SECRET_ENV : JUMP_ENV;
  const found = Object.entries(variables).find(([, secret]) => secret.kind === kind)?.[0];
  if (found === undefined || variables === SECRET_ENV) return found ?? null;
  const place = (ssh?.jump ?? []).findIndex(({ host, port }) => `${host}:${port}` === hop);
  return ssh !== null && ssh.jump.length > 1 ? jumpVariable(found, place + 1) : found;
}

function again({ code, message, retryable, detail }: FailureData, hint: Failure['text']): Failure {
  return new Failure(code, message, { hint, retryable, detail });
}
