import { expect, test } from 'vitest';
import { inert, inertJson, inertLines } from '#hosts/cli/inert.ts';

const HOSTILE = {
  'clear screen and title (CSI, OSC)': '\u001b[2J\u001b]0;owned\u0007',
  'one-byte CSI': '\u009b31mred',
  'overwriting the line': 'safe\rDELETED',
  backspaces: 'rm\b\bls',
  'right-to-left override': 'gpj.\u202eexe',
  'line separator': 'a\u2028b',
};

for (const [name, value] of Object.entries(HOSTILE)) {
  test(`a terminal never obeys what a stranger wrote: ${name}`, () => {
    // oxlint-disable-next-line no-control-regex -- controls are what is looked for
    const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/;
    expect(inert(value)).not.toMatch(controls);
    expect(inertLines(value)).not.toMatch(controls);
    expect(inertJson({ value })).not.toMatch(controls);
    expect(JSON.parse(inertJson({ value }))).toEqual({ value });
  });
}

test('what was there stays readable', () => {
  expect(inert('a\u001b[0mb')).toBe('a\\u001b[0mb');
  expect(inert('zażółć <a@b.example> 日本')).toBe('zażółć <a@b.example> 日本');
  expect(inert('one\r\ntwo\tthree')).toBe('one two three');
  expect(inertLines('one\r\ntwo\tthree')).toBe('one\ntwo\tthree');
});
