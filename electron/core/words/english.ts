import { setupI18n } from '@lingui/core';
import { compileMessage } from '@lingui/message-utils/compileMessage';
import type { Text } from '#shared/model/text.ts';

const i18n = setupI18n({ locale: 'en', locales: 'en', messages: { en: {} } });
/** Messages compiled so far: compiling costs a hundred times what filling in does, and a log has thousands of one kind. */
const compiled = new Map<string, string>();

/** A text in English, its ICU placeholders and plurals filled in. */
export function english({ id, message, values }: Text): string {
  // A message is the key, not its id: texts made on a server or in a test may share an id.
  let key = compiled.get(message);
  if (key === undefined) {
    key = compiled.size === 0 ? id : `${id}#${compiled.size}`;
    i18n.load('en', { [key]: compileMessage(message) });
    compiled.set(message, key);
  }
  return i18n._(key, values);
}
