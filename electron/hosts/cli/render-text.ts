/** A text in English, its ICU placeholders and plurals filled in. */
export { english as renderText } from '#core/words/english.ts';
