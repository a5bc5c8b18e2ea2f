import { Failure, type FailureData } from '#shared/model/failure.ts';
import type { ServerProfile } from '#shared/model/server.ts';
import { text } from '#shared/model/text.ts';
import { offeredKey } from './offered-key.ts';
import { renderText } from './render-text.ts';

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
  const variable = VARIABLES[String(failure.detail['kind'])];
  if (variable === undefined) return null;
  return again(
    failure,
    text(
      /*i18n*/ { id: 'cli.hint.secret', message: 'Give it in {variable}, or run this on a terminal to be asked' },
      { variable },
    ),
  );
}

const VARIABLES: Readonly<Record<string, string>> = {
  password: 'POSTDECK_PASSWORD',
  passphrase: 'POSTDECK_PASSPHRASE',
  sudo: 'POSTDECK_SUDO_PASSWORD',
};

function again({ code, message, retryable, detail }: FailureData, hint: Failure['text']): Failure {
  return new Failure(code, message, { hint, retryable, detail });
}
