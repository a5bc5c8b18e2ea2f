import { describe, expect, test } from 'vitest';
import { plannedTry } from '../../../renderer/screens/logs/planned-try.ts';
import type { TraceEvent } from '#shared/model/log.ts';
import type { MessageTrace, RecipientStatus } from '#shared/model/trace.ts';

const start = Date.parse('2026-11-22T12:00:00Z');
const at = (seconds: number) => new Date(start + seconds * 1000).toISOString();

function trace(statuses: readonly RecipientStatus[], attempts: number): MessageTrace {
  const recipients = statuses.map((status, index) => ({
    to: `r${index}@x.example`,
    originalTo: null,
    status,
    dsn: null,
    relay: null,
    reply: null,
    attempts,
    time: null,
  }));
  return { id: '1', kind: 'message', start: at(0), end: at(0), recipients } as unknown as MessageTrace;
}
const tried = (seconds: number, outcome: RecipientStatus, program = 'postfix/smtp') =>
  ({ stage: 'attempt', time: at(seconds), outcome, program, to: 'r0@x.example' }) as unknown as TraceEvent;
const minutes = (value: number) => start + value * 60_000;

describe('the next try of deferred mail', () => {
  test.each([
    ['young mail waits the least backoff', 30, 30 + 300],
    ['mail waits again as long as it has waited', 1000, 2000],
    ['old mail waits the longest backoff', 20_000, 24_000],
  ])('%s', (_, age, expected) => {
    const planned = plannedTry(trace(['deferred', 'sent'], 3), [tried(age, 'deferred')], start + age * 1000);
    expect(planned).toEqual({
      attempt: 4,
      from: start + expected * 1000,
      to: start + (expected + 300) * 1000,
      queueRun: 300,
    });
  });

  test('the server’s own backoff and lifetime are taken where they are known', () => {
    const times = { minimalBackoff: 60, maximalBackoff: 120, queueRun: 30, lifetime: 3600 };
    const planned = plannedTry(trace(['deferred'], 1), [tried(1000, 'deferred')], start, times);
    expect(planned).toEqual({ attempt: 2, from: start + 1120_000, to: start + 1150_000, queueRun: 30 });
    expect(plannedTry(trace(['deferred'], 1), [tried(3590, 'deferred')], start, times)).toBeNull();
  });

  test('none where nothing waits, the log goes on past it, its lifetime is over, or another server wrote it', () => {
    const events = [tried(600, 'deferred')];
    const none = (found: unknown) => expect(found).toBeNull();
    none(plannedTry(trace(['sent'], 2), events, minutes(10)));
    none(plannedTry(trace(['deferred'], 1), events, minutes(26)));
    none(plannedTry(trace(['deferred'], 90), [tried(5 * 86_400 - 60, 'deferred')], start));
    none(plannedTry(trace(['deferred'], 1), [tried(600, 'deferred', 'exim')], minutes(10)));
    none(plannedTry(trace(['deferred'], 1), [], minutes(10)));
  });

  test('an attempt that the log ends with is the one that counts', () => {
    const events = [tried(30, 'deferred'), tried(400, 'sent'), tried(900, 'deferred')];
    expect(plannedTry(trace(['deferred'], 2), events, start)?.from).toBe(start + 1800_000);
  });
});
