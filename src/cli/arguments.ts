/** Parses arguments of the command line; the commands check their range. */
import type { Command } from 'commander';
import { invalid, oneOf } from '../arguments.js';

/** Option of every command. */
export function addJsonOption(command: Command): Command {
  return command.option('--json', 'one JSON document on standard output');
}

/** Option of every command that may run long. */
export const ignoreHangupOption = [
  '--ignore-hangup',
  'goes on when the terminal is closed (SIGHUP), as under nohup',
] as const;

/** A parser of one number. */
export function number(option: string): (word: string) => number {
  return (word) => {
    const value = word.trim() === '' ? Number.NaN : Number(word);
    if (Number.isNaN(value)) throw invalid(option, 'a number', word);
    return value;
  };
}

/** A parser of a fraction, as in 1% or 0.01. */
export function fraction(option: string): (word: string) => number {
  return (word) => {
    const [, digits, percent] = /^\s*(\S*?)\s*(%?)\s*$/.exec(word) ?? [];
    const value = digits ? Number(digits) : Number.NaN;
    if (Number.isNaN(value)) throw invalid(option, 'a number or a percentage, as in 0.01 or 1%', word);
    return percent ? value / 100 : value;
  };
}

/** A parser of numbers separated by commas. */
export function numbers(option: string, example = '20,60,200'): (words: string) => number[] {
  return (words) =>
    words.split(',').map((word) => {
      const value = word.trim() === '' ? Number.NaN : Number(word);
      if (Number.isNaN(value)) throw invalid(option, `numbers between commas, as in ${example}`, words);
      return value;
    });
}

/** A parser of "auto" or numbers separated by commas. */
export function autoOrNumbers(option: string, example: string): (words: string) => 'auto' | number[] {
  const parse = numbers(option, `auto or ${example}`);
  return (words) => (words.trim() === 'auto' ? 'auto' : parse(words));
}

/** An option as typed: fineTune is --fine-tune. */
export function dashed(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** A parser of some of a few words, separated by commas or of a repeated option. */
export function words(
  option: string,
  allowed: readonly string[],
): (text: string, before?: readonly string[]) => string[] {
  return (text, before = []) => [
    ...before,
    ...text.split(',').map((word) => oneOf(option, word.trim(), allowed)),
  ];
}

/** A parser of a part of a whole, counted from 1, as in 2/8. */
export function part(option: string): (word: string) => { index: number; count: number } {
  return (word) => {
    const [, index, count] = /^(\d+)\/(\d+)$/.exec(word)?.map(Number) ?? [];
    if (index === undefined || count === undefined || index < 1 || index > count)
      throw invalid(option, 'i/n with i from 1 to n, as in 2/8', word);
    return { index, count };
  };
}

/** A parser of a path. `--out --json` is a forgotten path, not one named "--json" (for which there is ./--json). */
export function path(option: string): (word: string) => string {
  return (word) => {
    if (word === '' || word.startsWith('--')) throw invalid(option, 'a path', word);
    return word;
  };
}
