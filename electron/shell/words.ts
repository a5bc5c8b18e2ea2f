import { type Messages, setupI18n } from '@lingui/core';
import { compileMessage } from '@lingui/message-utils/compileMessage';
import { app } from 'electron';
import { LOCALES, type Settings } from '#shared/model/settings.ts';
import type { Text } from '#shared/model/text.ts';

type Locale = (typeof LOCALES)[number];

/** The same catalogues as the page's. English is in the code. */
const CATALOGUES: Record<Locale, () => Promise<{ messages: Messages }>> = {
  en: () => Promise.resolve({ messages: {} }),
  pl: () => import('../../resources/locales/pl.po'),
};

const i18n = setupI18n({ locale: 'en', messages: { en: {} } });
i18n.setMessagesCompiler(compileMessage);
let turn = 0;

/**
 * Chooses the language of menu and dialogs. Only after the app is ready.
 * @param chosen In the settings; null: as the system says.
 */
export async function speak(chosen: Settings['locale']): Promise<void> {
  turn += 1;
  const own = turn;
  const wish = chosen ?? app.getLocale().toLowerCase().split('-')[0];
  const locale = LOCALES.find((each) => each === wish) ?? 'en';
  const { messages } = await CATALOGUES[locale]();
  // Two choices in a row: a catalogue that took longer to load must not overtake the later choice.
  if (own === turn) i18n.loadAndActivate({ locale, messages });
}

/** A text in the chosen language; English where the catalogue does not have it. */
export function say(text: Text): string {
  const values = Object.fromEntries(
    Object.entries(text.values).map(([name, value]) => [name, typeof value === 'object' ? say(value) : value]),
  );
  return i18n._(text.id, values, { message: text.message });
}
