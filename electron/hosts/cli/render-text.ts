import { setupI18n } from '@lingui/core';
import { compileMessage } from '@lingui/message-utils/compileMessage';
import type { Text } from '#shared/model/text.ts';

const i18n = setupI18n({ locale: 'en', locales: 'en', messages: { en: {} } });
// Texts come from all over the console, so they are compiled as they come instead of from a catalogue.
i18n.setMessagesCompiler(compileMessage);

/** A text in English, its ICU placeholders and plurals filled in. */
export function renderText(text: Text): string {
  return i18n._(text.id, text.values, { message: text.message });
}
