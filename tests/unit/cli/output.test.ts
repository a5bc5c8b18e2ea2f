import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { exitOf, exitOfChange } from '#hosts/cli/exit.ts';
import { Output } from '#hosts/cli/output.ts';
import { renderText } from '#hosts/cli/render-text.ts';
import type { Column } from '#hosts/cli/table.ts';
import { FAILURE_CODES } from '#shared/model/failure.ts';
import { text } from '#shared/model/text.ts';

/** A place to print to that keeps what it got. */
function sink(tty: { columns: number } | null = null) {
  const parts: string[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      parts.push(chunk.toString());
      done();
    },
  });
  return Object.assign(stream, { isTTY: tty !== null, columns: tty?.columns, printed: () => parts.join('') });
}
const asTerminal = (stream: ReturnType<typeof sink>) => stream as unknown as NodeJS.WriteStream;

function output(options: { json?: boolean; quiet?: boolean; tty?: { columns: number } }) {
  const stdout = sink(options.tty ?? null);
  const stderr = sink(options.tty ?? null);
  const out = new Output({
    json: options.json ?? false,
    quiet: options.quiet ?? false,
    stdout: asTerminal(stdout),
    stderr: asTerminal(stderr),
  });
  return { out, stdout, stderr };
}
const COLUMNS: Column<{ id: string; n: number }>[] = [
  { head: 'ID', cell: ({ id }) => id },
  { head: 'N', cell: ({ n }) => String(n), right: true },
  { head: 'END', cell: () => 'x'.repeat(100) },
];

test('a piped table is aligned and keeps every character', async () => {
  const { out, stdout } = output({});
  expect(
    await out.list(
      [
        [
          { id: 'a', n: 1 },
          { id: 'longer', n: 1000 },
        ],
      ],
      COLUMNS,
    ),
  ).toBe(2);
  const end = 'x'.repeat(100);
  expect(stdout.printed()).toBe(`ID         N  END\na          1  ${end}\nlonger  1000  ${end}\n`);
});

test('on a terminal lines end where it ends', async () => {
  const { out, stdout } = output({ tty: { columns: 20 } });
  await out.list([[{ id: 'a', n: 1 }]], COLUMNS);
  for (const line of stdout.printed().trimEnd().split('\n')) expect(line.length).toBeLessThanOrEqual(20);
});

test('a list in JSON is one object a line, an empty one is nothing', async () => {
  const { out, stdout } = output({ json: true });
  await out.list([[{ id: 'a', n: 1 }], [], [{ id: 'b\n', n: 2 }]], COLUMNS);
  expect(stdout.printed()).toBe('{"id":"a","n":1}\n{"id":"b\\n","n":2}\n');
});

test('a failure is one line on standard error, and an object on standard output with --json', async () => {
  const failure = {
    code: 'CONNECT_FAILED' as const,
    message: text({ id: 't.m', message: '{host} is\nsilent' }, { host: 'mx\u001b[1m' }),
    hint: text({ id: 't.h', message: 'Check it' }),
    retryable: true,
    detail: { secret: 'stays here' },
  };
  const { out, stdout, stderr } = output({ json: true });
  await out.failure(failure);
  expect(stderr.printed()).toBe('postdeck: CONNECT_FAILED: mx\\u001b[1m is silent; Check it\n');
  expect(JSON.parse(stdout.printed())).toEqual({
    error: { code: 'CONNECT_FAILED', message: 'mx\u001b[1m is\nsilent', hint: 'Check it', retryable: true },
  });
  const human = output({});
  await human.out.failure({ ...failure, hint: null });
  expect(human.stderr.printed()).toBe('postdeck: CONNECT_FAILED: mx\\u001b[1m is silent\n');
  expect(human.stdout.printed()).toBe('');
});

test('progress is for terminals alone, and --quiet silences remarks too', () => {
  const piped = output({});
  piped.out.progress('half');
  expect(piped.stderr.printed()).toBe('');
  const terminal = output({ tty: { columns: 80 } });
  terminal.out.progress('half');
  expect(terminal.stderr.printed()).toContain('half');
  const quiet = output({ tty: { columns: 80 }, quiet: true });
  quiet.out.progress('half');
  quiet.out.note('remark');
  expect(quiet.stderr.printed()).toBe('');
});

test('texts are rendered with their plurals and values', () => {
  const source = { id: 't.count', message: '{count, plural, one {# message} other {# messages}} of {sender}' };
  expect(renderText(text(source, { count: 1, sender: 'a@b' }))).toBe('1 message of a@b');
  expect(renderText(text(source, { count: 7844, sender: '{x}' }))).toBe('7,844 messages of {x}');
});

test('every failure code has an exit code of the manual', () => {
  for (const code of FAILURE_CODES) expect([1, 2, 3, 4]).toContain(exitOf(code));
  expect(
    ['BAD_INPUT', 'CONFIRM_NEEDED', 'UNSAFE', 'AUTH_FAILED', 'HOST_KEY_CHANGED', 'REMOTE_FAILED'].map((code) =>
      exitOf(code as 'UNSAFE'),
    ),
  ).toEqual([2, 3, 3, 4, 4, 1]);
});

test('a change that was partly done says so, whatever stopped it', () => {
  expect(exitOfChange('done', 5)).toBe(0);
  expect(exitOfChange('partial', 5)).toBe(5);
  expect(exitOfChange('failed', 5)).toBe(5);
  expect(exitOfChange('failed', 0)).toBe(1);
  expect(exitOfChange('cancelled', 5)).toBe(5);
  expect(exitOfChange('cancelled', 0)).toBe(1);
});
