/** What the rules of the timeline share: one line in, one event out, or null when the rule does not know the line. */
import type { TraceEvent, TraceStage } from '#shared/model/log.ts';
import type { Text } from '#shared/model/text.ts';
import type { RecipientStatus } from '#shared/model/trace.ts';

export interface Found {
  stage: TraceStage;
  what: Text;
  to?: string | null;
  outcome?: RecipientStatus | null;
  delays?: TraceEvent['delays'];
}

/** `body` is the line without its header, and without the queue id that it begins with. */
export type Rule = (body: string, program: string) => Found | null;

/** Characters of a foreign line quoted in an event. */
export const QUOTED = 400;

/** Rules of one pattern each, as one rule: the first that matches speaks. */
export function byPattern(rules: readonly (readonly [RegExp, (match: RegExpExecArray) => Found])[]): Rule {
  return (body) => {
    for (const [pattern, found] of rules) {
      const match = pattern.exec(body);
      if (match !== null) return found(match);
    }
    return null;
  };
}
