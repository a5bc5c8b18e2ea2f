import { i18n } from '@lingui/core';
import { compileMessage } from '@lingui/message-utils/compileMessage';
import { LOCALES } from '#shared/model/settings.ts';

export type Locale = (typeof LOCALES)[number];

/** Catalogues are loaded when chosen; each is a chunk of its own. */
const CATALOGUES = {
  en: () => import('../../resources/locales/en.po'),
  pl: () => import('../../resources/locales/pl.po'),
} as const satisfies Record<Locale, () => Promise<unknown>>;

// Words from behind the page carry their English ICU message; one without a translation is compiled here.
i18n.setMessagesCompiler(compileMessage);

/** What the system asks for, among what we have. */
export function systemLocale(): Locale {
  for (const wish of navigator.languages) {
    const found = LOCALES.find((locale) => wish.toLowerCase().split('-')[0] === locale);
    if (found !== undefined) return found;
  }
  return 'en';
}

/** Switches the page's language; everything under I18nProvider renders again. */
export async function switchLanguage(locale: Locale): Promise<void> {
  const { messages } = await CATALOGUES[locale]();
  i18n.loadAndActivate({ locale, messages });
  document.documentElement.lang = locale;
}
