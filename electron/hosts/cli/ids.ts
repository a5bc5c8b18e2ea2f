import { createInterface } from 'node:readline';
import { text } from '#shared/model/text.ts';
import { UsageFailure } from './exit.ts';

/** Queue ids of the command line; `-` stands for standard input, one id a line, since an argv holds only so many. */
export async function readIds(words: readonly string[]): Promise<string[]> {
  const ids: string[] = [];
  for (const word of words) {
    if (word !== '-') {
      ids.push(word);
      continue;
    }
    for await (const line of createInterface({ input: process.stdin })) if (line.trim() !== '') ids.push(line.trim());
  }
  if (ids.length > 0) return [...new Set(ids)];
  throw new UsageFailure(
    text(/*i18n*/ { id: 'cli.queue.no-ids', message: 'Expected queue ids on standard input, got none' }),
  );
}
