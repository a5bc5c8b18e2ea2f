/** What postsuper(1) says it did to one message. */
export type PostsuperWord = 'placed on hold' | 'released from hold' | 'requeued' | 'removed' | 'expired';

export interface PostsuperReport {
  /** Ids by what was done to them. */
  ids: Map<string, Set<PostsuperWord>>;
  /** Lines that are neither: warnings and fatal errors, in order. */
  complaints: string[];
}

const DONE = /^postsuper: ([0-9A-Za-z]+): (placed on hold|released from hold|requeued|removed|expired)$/;
const SUMMARY =
  /^postsuper: (?:Placed on hold|Released from hold|Requeued|Deleted|Force-expired|Expired): \d+ messages?$/;

/**
 * Reads postsuper's standard error. It says everything there, and exits 0 also when no message matched: the line of an
 * id is the only proof that something was done to it. Summaries are passed over.
 */
export function parsePostsuper(stderr: string): PostsuperReport {
  const report: PostsuperReport = { ids: new Map(), complaints: [] };
  for (const line of stderr.split('\n')) {
    if (line === '' || SUMMARY.test(line)) continue;
    const [, id, word] = DONE.exec(line) ?? [];
    if (id === undefined || word === undefined) {
      report.complaints.push(line);
      continue;
    }
    const words = report.ids.get(id);
    if (words) words.add(word as PostsuperWord);
    else report.ids.set(id, new Set([word as PostsuperWord]));
  }
  return report;
}

/** What postsuper said besides the line for each message: the sum, and what it complained of. */
export function withoutIdLines(stderr: string): string {
  return stderr
    .split('\n')
    .filter((line) => !DONE.test(line))
    .join('\n');
}
