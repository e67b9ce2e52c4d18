import { describe, expect, it } from 'vitest';
import { panelTitle, wrappedPieces, wrappedText } from '../../src/figures/wrapped-text.js';

const font = { fontSize: 11 };

describe('wrapped text', () => {
  it('contains every character of the text, in lines that break at spaces', () => {
    const text = 'The axis of the counts is linear up to one node per trial and logarithmic above.';
    const lines = wrappedText(text, 200, font);
    expect(lines.length).toBeGreaterThan(1);
    expect(lines.join(' ')).toBe(text);
  });

  it('is one line where it fits', () => {
    expect(wrappedText('one line', 200, font)).toEqual(['one line']);
  });

  it('does not break at an equals sign', () => {
    expect(wrappedText('left out h_T = 10', 60, font)).toEqual(['left out', 'h_T = 10']);
  });

  it('breaks a word only where it is longer than a line, without losing a character', () => {
    const lines = wrappedText('arms.spectral.optimizer.adam.learningRate 0.001', 100, font);
    expect(lines.length).toBeGreaterThan(2);
    expect(lines.join('')).toBe('arms.spectral.optimizer.adam.learningRate 0.001');
  });

  it('joins pieces by a semicolon in a line, and breaks between them', () => {
    expect(wrappedPieces(['small points: trials', 'line: mean'], 400, font)).toEqual([
      'small points: trials; line: mean',
    ]);
    expect(wrappedPieces(['small points: trials', 'line: mean'], 120, font)).toEqual([
      'small points: trials',
      'line: mean',
    ]);
  });

  it('of a title ends with the part that distinguishes panels', () => {
    expect(panelTitle(['spectral, learningRate 0.003162', 'h = 20'], 130)).toEqual([
      'spectral,',
      'learningRate',
      '0.003162',
      'h = 20',
    ]);
  });
});
