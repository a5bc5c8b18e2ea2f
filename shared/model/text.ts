import { z } from 'zod';

/**
 * Words for a person, made behind the page. The page finds `id` in its catalogue; the terminal prints `message`.
 * `message` is English in ICU MessageFormat; `values` fill its placeholders. A value that is a text itself is said in
 * the reader's language too.
 */
export interface Text {
  id: string;
  message: string;
  values: Record<string, string | number | Text>;
}
export const Text: z.ZodType<Text> = z.object({
  id: z.string(),
  message: z.string(),
  values: z.record(
    z.string(),
    z.lazy(() => z.union([z.string(), z.number(), Text])),
  ),
});

/** The constant part of a text. Mark the literal with the i18n comment so that the catalogues find it. */
export interface TextSource {
  id: string;
  message: string;
}

/**
 * Joins a text's constant part with its values:
 * `text(/*i18n* / { id: 'queue.gone', message: 'Message {queueId} is gone' }, { queueId })`.
 */
export function text(source: TextSource, values: Text['values'] = {}): Text {
  return { id: source.id, message: source.message, values };
}

/** Every value of a text, those of texts among them too: what a search for words of its subject looks at. */
export function valuesOf({ values }: Text): (string | number)[] {
  return Object.values(values).flatMap((value) => (typeof value === 'object' ? valuesOf(value) : [value]));
}
