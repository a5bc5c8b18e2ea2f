import { describe, expect, test } from 'vitest';
import { dark, light, type Tokens } from '../../../renderer/ui/tokens.ts';

/** Relative luminance and contrast of WCAG 2.2. */
function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [hi = 0, lo = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (hi + 0.05) / (lo + 0.05);
}

const SURFACES = ['bg', 'bg-chrome', 'bg-sunken', 'bg-raised', 'bg-hover', 'bg-sel', 'bg-sel-2'] as const;
const STATUS = ['ok', 'warn', 'bad', 'held', 'run', 'mute'] as const;

describe.each([
  ['light', light],
  ['dark', dark],
] as [string, Tokens][])('%s', (_name, tokens) => {
  test.each(['text', 'text-2', 'text-3'] as const)('%s can be read on every surface', (name) => {
    for (const surface of SURFACES)
      expect(contrast(tokens[name], tokens[surface]), surface).toBeGreaterThanOrEqual(4.5);
  });

  test.each(STATUS)('%s can be read on the view and on its tag', (name) => {
    expect(contrast(tokens[name], tokens.bg)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(tokens[name], tokens[`${name}-bg`])).toBeGreaterThanOrEqual(4.5);
  });

  test('words on buttons can be read', () => {
    expect(contrast(tokens['on-ink'], tokens.ink)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(tokens['on-danger'], tokens.danger)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(tokens['on-accent'], tokens.accent)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(tokens.accent, tokens['bg-sel'])).toBeGreaterThanOrEqual(4.5);
  });

  test('marks and the edges of controls can be seen', () => {
    for (const surface of ['bg', 'bg-chrome', 'bg-raised', 'bg-sel'] as const) {
      expect(contrast(tokens.ctl, tokens[surface]), `ctl on ${surface}`).toBeGreaterThanOrEqual(3);
      for (const name of STATUS) {
        expect(contrast(tokens[`${name}-mark`], tokens[surface]), `${name} on ${surface}`).toBeGreaterThanOrEqual(3);
      }
    }
  });
});
