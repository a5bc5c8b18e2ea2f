import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';

/** One line of a benchmark's table: a figure of ours, the named tool beside it, and their ratio where both are times. */
export interface Row {
  what: string;
  ours: string;
  beside: string;
  ratio: string;
  aim: string;
}

/** The middle of several runs; of an even number the lower one of the two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
}

export function seconds(ms: number): string {
  return ms < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

/** Milliseconds an act took, with what it gave. */
export async function timed<T>(act: () => Promise<T>): Promise<{ ms: number; value: T }> {
  const start = performance.now();
  const value = await act();
  return { ms: performance.now() - start, value };
}

export function table(rows: readonly Row[]): string {
  const head = ['what', 'Postdeck', 'beside it', 'ratio', 'aim'];
  const body = rows.map((row) => [row.what, row.ours, row.beside, row.ratio, row.aim]);
  const widths = head.map((title, column) => Math.max(title.length, ...body.map((cells) => cells[column]!.length)));
  const line = (cells: string[]) => `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`;
  return [line(head), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...body.map(line)].join('\n');
}

/** The machine the figures are of, without its name. */
export function machine(): string {
  const all = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${all.length} x ${all[0]?.model.trim() ?? 'unknown CPU'}, ${memory} GiB, Linux ${release()}, Node ${process.versions.node}`;
}

/** Replaces one suite's section of a document, between its two marks; adds it at the end when it is new. */
export function writeSection(file: URL, suite: string, markdown: string): void {
  const open = `<!-- bench:${suite} -->`;
  const close = `<!-- /bench:${suite} -->`;
  const old = readFileSync(file, 'utf8');
  const section = `${open}\n${markdown}\n${close}`;
  const from = old.indexOf(open);
  const to = old.indexOf(close);
  const text =
    from >= 0 && to > from
      ? old.slice(0, from) + section + old.slice(to + close.length)
      : `${old.trimEnd()}\n\n${section}\n`;
  writeFileSync(file, text);
}
