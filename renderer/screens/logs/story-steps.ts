import type { TraceEvent, TraceStory } from '#shared/model/log.ts';
import type { TraceLine } from '#shared/model/trace.ts';

/** What happened at one stage, and the raw lines that say so: one row of the story. */
export interface Step {
  /** The event that names the step. */
  event: TraceEvent;
  /** Places of its lines in the story. */
  lines: number[];
  /** Which attempt for this recipient it is, from 1; null: no attempt. */
  attempt: number | null;
  /** Seconds since the step before; null where a time is not known. */
  gap: number | null;
  /** Between two attempts mail waits in the queue. */
  waited: boolean;
}

/** Lines of one step at most: a session that sends commands for hours makes more steps, not one endless one. */
const LINES_PER_STEP = 12;

/** Events to steps: neighbours of one program at one stage that decide nothing are told together. */
export function stepsOf(story: Pick<TraceStory, 'events'>): Step[] {
  const steps: Step[] = [];
  const attempts = new Map<string, number>();
  for (const event of story.events) {
    const before = steps.at(-1);
    if (before !== undefined && joins(before, event)) {
      before.lines.push(event.line);
      continue;
    }
    let attempt: number | null = null;
    if (event.stage === 'attempt') {
      attempt = (attempts.get(event.to ?? '') ?? 0) + 1;
      attempts.set(event.to ?? '', attempt);
    }
    const since = before?.event.time ?? null;
    const gap = since === null || event.time === null ? null : (Date.parse(event.time) - Date.parse(since)) / 1000;
    const waited = gap !== null && gap > 60 && event.stage === 'attempt';
    steps.push({ event, lines: [event.line], attempt, gap, waited });
  }
  return steps;
}

function joins(step: Step, event: TraceEvent): boolean {
  const { event: head } = step;
  return (
    head.stage === event.stage &&
    head.program === event.program &&
    head.outcome === null &&
    event.outcome === null &&
    head.queueId === event.queueId &&
    event.stage !== 'attempt' &&
    event.stage !== 'accepted' &&
    event.what.id !== 'event.disconnect' &&
    step.lines.length < LINES_PER_STEP
  );
}

/** A raw line without what stands in every line: its time and host. */
export function withoutHead(text: string): string {
  return text.replace(/^(?:\w{3} [ \d]\d [\d:]{8}(?:\.\d+)?|\d{4}-\d\d-\d\d[T ]\S+) \S+ (?=\S)/, '');
}

/** Splits a line around the words the other side said: the last bracket of a status, or a refusal's reply. */
export function quoted(text: string): { before: string; words: string; after: string } {
  const said =
    / said: (\d{3}[ -].*?)(?= \(in reply to [^)]*\)\)\s*$|\)\s*$)/s.exec(text) ??
    / status=\S+ \((.*)\)\s*$/s.exec(text) ??
    /: (?:NOQUEUE: )?(?:milter-)?(?:reject|discard|hold|proxy-reject)[^:]*: [^:]*?: (\d{3} .*?)(?=; )/s.exec(text);
  const words = said?.[1];
  if (said === null || words === undefined || words === '') return { before: text, words: '', after: '' };
  const at = said.index + said[0].indexOf(words);
  return { before: text.slice(0, at), words, after: text.slice(at + words.length) };
}

/** Lines as they stand in their files, for the clipboard. */
export function linesText(lines: readonly TraceLine[], places: readonly number[]): string {
  return places.flatMap((place) => lines[place]?.text ?? []).join('\n');
}
