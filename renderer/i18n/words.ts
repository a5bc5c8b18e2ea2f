import type { I18n } from '@lingui/core';
import { useLingui } from '@lingui/react';
import type { Text } from '#shared/model/text.ts';
import { visible } from '../ui/visible.ts';

/** A text from behind the page in the page's language; English when the catalogue does not have it. */
export function say(i18n: I18n, text: Text): string {
  // Values can carry what a stranger wrote: control and direction characters are shown, not obeyed.
  const values = Object.fromEntries(Object.entries(text.values).map(([name, value]) => [name, valueOf(i18n, value)]));
  return i18n._(text.id, values, { message: text.message });
}

function valueOf(i18n: I18n, value: Text['values'][string]): string | number {
  if (typeof value === 'object') return say(i18n, value);
  return typeof value === 'string' ? visible(value) : value;
}

/** `say` bound to the current language. */
export function useSay(): (text: Text) => string {
  const { i18n } = useLingui();
  return (text) => say(i18n, text);
}
