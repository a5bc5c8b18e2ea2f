import { expect, test } from 'vitest';
import { formatFor } from '../../../renderer/i18n/format.ts';
import { visible, visibleLine } from '../../../renderer/ui/visible.ts';

test('characters that reorder or hide text are shown as code points', () => {
  expect(visible('anna@firma.example\u202Emoc.live')).toBe('anna@firma.example⟨202E⟩moc.live');
  expect(visible('a\u0007b\u200Bc')).toBe('a⟨0007⟩b⟨200B⟩c');
  expect(visible('one\ntwo\tthree')).toBe('one\ntwo\tthree');
  expect(visibleLine('one\ntwo')).toBe('one⟨000A⟩two');
});

test('numbers and sizes are written as the language writes them', () => {
  const en = formatFor('en');
  const pl = formatFor('pl');
  expect(en.count(18_402)).toBe('18,402');
  expect(pl.count(18_402).replace(/\s/g, ' ')).toBe('18 402');
  expect(pl.count(1204)).toBe('1204');
  expect(en.size(71_400)).toBe('71.4 kB');
  expect(pl.size(71_400)).toBe('71,4 kB');
  expect(en.size(214_000)).toBe('214 kB');
  expect(en.short(20_000)).toBe('10k'.replace('1', '2'));
});

test('ages name two units at most', () => {
  const en = formatFor('en');
  expect([8, 130, 22_920, 36_660, 266_400].map((seconds) => en.age(seconds))).toEqual([
    '8 s',
    '2 min',
    '6 h 22',
    '10 h 11',
    '3 d 2 h',
  ]);
});

test('a length that somebody chose is said without empty parts', () => {
  const en = formatFor('en');
  expect([7200, 5400, 259_200, 30, 0].map((seconds) => en.span(seconds))).toEqual([
    '2 h',
    '1 h 30 min',
    '3 d',
    '30 s',
    '0 s',
  ]);
});
