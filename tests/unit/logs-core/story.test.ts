import { describe, expect, test } from 'vitest';
import { eventsOf } from '#core/logs/timeline.ts';
import { english } from '#core/words/english.ts';
import { desk, STORY } from './fixture.ts';

describe('the story of a trace', { timeout: 60_000 }, () => {
  test('tells each line as an event with stage, recipient, outcome and delays', async () => {
    await using d = desk();
    await d.index('a', [d.file('mail.log', STORY)]);
    const [id] = (await d.sets.thread.call('traces', ['a', {}, { by: 'start', descending: true }, 0, 1])).traces.map(
      (trace) => trace.id,
    );
    const { events, lines, linesLeftOut } = await d.sets.thread.call('trace', ['a', id ?? '']);
    expect(lines.length).toBe(9);
    expect(linesLeftOut).toBe(0);
    expect(events.map(({ stage }) => stage)).toEqual([
      'connect',
      'accepted',
      'accepted',
      'queue',
      'connect',
      'attempt',
      'attempt',
      'notification',
      'done',
    ]);
    expect(events[6]).toMatchObject({
      to: 'gone@beta.test',
      outcome: 'bounced',
      queueId: '9CA0E2C6',
      host: 'mx1',
      delays: { before: 0.1, queue: 0.02, connect: 0.18, transfer: 0.3 },
    });
    expect(english(events[3]?.what ?? events[0]!.what)).toBe(
      'In the queue: from anna@example.org, 452 bytes, 2 recipients',
    );
  });

  test('a line that no rule knows keeps its place and its words, cut at a length', () => {
    const raw = `2026-11-22T14:02:20+00:00 mx1 strange[1]: ${'x'.repeat(10_000)}`;
    const [event] = eventsOf([{ file: 'f', line: 1, offset: 0, time: null, program: 'strange', text: raw }]);
    expect(event).toMatchObject({ stage: 'other', line: 0, outcome: null });
    expect(english(event!.what).length).toBeLessThan(500);
  });

  test('words of a stranger in a line are values, never a message of ours', () => {
    const raw = '2026-11-22T14:02:20+00:00 mx1 postfix/smtpd[1]: connect from {evil, plural, other {#}}[192.0.2.1]';
    const [event] = eventsOf([{ file: 'f', line: 1, offset: 0, time: null, program: null, text: raw }]);
    expect(english(event!.what)).toContain('{evil, plural, other {#}}');
  });
});

describe('an export', { timeout: 60_000 }, () => {
  test('is NDJSON with English sentences, in whole lines, as the terminal prints it', async () => {
    await using d = desk();
    await d.index('a', [d.file('mail.log', STORY)]);
    let all = '';
    for await (const block of d.sets.thread.stream('export', ['a', {}, null, 0])) {
      expect(block.endsWith('\n')).toBe(true);
      all += block;
    }
    const traces = all
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(traces).toHaveLength(1);
    expect(traces[0]).toMatchObject({
      kind: 'message',
      explanation: expect.stringContaining('mx.beta.test refused it for good for gone@beta.test') as string,
    });
  });

  test('ends in the thread when its reader leaves', async () => {
    await using d = desk();
    const many = Array.from({ length: 3000 }, (_, i) =>
      STORY.replaceAll('9CA0E2C6', `A${(0x1000000 + i).toString(16).toUpperCase()}`),
    );
    await d.index('a', [d.file('mail.log', many.join(''))]);
    for await (const _ of d.sets.thread.stream('export', ['a', {}, null, 0])) break;
    // The thread answers the next question: it was not left inside the stream.
    expect((await d.sets.thread.call('extent', ['a'])).lines).toBe(27_000);
  });
});
