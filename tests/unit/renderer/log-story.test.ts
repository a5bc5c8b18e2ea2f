import { describe, expect, it } from 'vitest';
import type { TraceEvent } from '../../../shared/model/log.ts';
import { linesText, quoted, stepsOf, withoutHead } from '../../../renderer/screens/logs/story-steps.ts';

function event(change: Partial<TraceEvent>): TraceEvent {
  return {
    stage: 'connect',
    time: '2026-11-22T12:58:01.000Z',
    host: 'mx1',
    program: 'postfix/postscreen',
    what: { id: 'event.connect', message: '', values: {} },
    queueId: null,
    to: null,
    outcome: null,
    delays: null,
    line: 0,
    ...change,
  };
}

describe('steps of a story', () => {
  it('are neighbours of one program at one stage, told together', () => {
    const steps = stepsOf({
      events: [event({ line: 0 }), event({ line: 1 }), event({ line: 2, program: 'postfix/smtpd' })],
    });
    expect(steps.map((step) => step.lines)).toEqual([[0, 1], [2]]);
  });

  it('never join attempts, and count them for each recipient', () => {
    const attempt = { stage: 'attempt', outcome: 'deferred', program: 'postfix/smtp' } as const;
    const steps = stepsOf({
      events: [
        event({ ...attempt, to: 'a@x.example', line: 0 }),
        event({ ...attempt, to: 'b@x.example', line: 1 }),
        event({ ...attempt, to: 'a@x.example', line: 2 }),
      ],
    });
    expect(steps.map((step) => step.attempt)).toEqual([1, 1, 2]);
  });

  it('say how long it was since the one before, and when mail waited in the queue', () => {
    const steps = stepsOf({
      events: [
        event({}),
        event({ stage: 'queue', program: 'postfix/qmgr', time: '2026-11-22T12:58:01.500Z', line: 1 }),
        event({ stage: 'attempt', program: 'postfix/smtp', time: '2026-11-22T13:14:43.500Z', line: 2 }),
        event({ stage: 'done', program: 'postfix/qmgr', time: null, line: 3 }),
      ],
    });
    expect(steps.map((step) => step.gap)).toEqual([null, 0.5, 1002, null]);
    expect(steps.map((step) => step.waited)).toEqual([false, false, true, false]);
  });

  it('do not grow without end', () => {
    const steps = stepsOf({ events: Array.from({ length: 1000 }, (_, line) => event({ line })) });
    expect(Math.max(...steps.map((step) => step.lines.length))).toBeLessThanOrEqual(12);
    expect(steps.flatMap((step) => step.lines)).toHaveLength(1000);
  });
});

describe('a raw line', () => {
  const line =
    'Nov 22 13:48:07 mx1 postfix/smtp[23127]: 4dF9TnC4xzPk: to=<k@gmail.example>, relay=mx3.gmail.example[192.0.2.26]:25, dsn=4.7.0, ' +
    'status=deferred (host mx3.gmail.example[192.0.2.26] said: 421 4.7.0 Try again later, rate limit (in reply to MAIL FROM command))';

  it('is shown without time and host', () => {
    expect(withoutHead(line).startsWith('postfix/smtp[23127]: 4dF9')).toBe(true);
    expect(withoutHead('2026-11-22T13:48:07.560413+01:00 mx1 dovecot: x')).toBe('dovecot: x');
    expect(withoutHead('no head here')).toBe('no head here');
  });

  it('has the words of the other side marked', () => {
    expect(quoted(line).words).toBe('421 4.7.0 Try again later, rate limit');
    const { before, words, after } = quoted(line);
    expect(before + words + after).toBe(line);
  });

  it('without such words is left whole', () => {
    expect(quoted('postfix/qmgr[1]: A: removed')).toEqual({
      before: 'postfix/qmgr[1]: A: removed',
      words: '',
      after: '',
    });
  });

  it('goes to the clipboard as it stands in its file', () => {
    const of = (text: string) => ({ file: 'mail.log', line: 1, offset: 0, time: null, program: null, text });
    expect(linesText([of('a'), of('b'), of('c')], [0, 2, 9])).toBe('a\nc');
  });
});
