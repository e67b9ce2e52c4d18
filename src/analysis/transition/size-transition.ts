import { arrayOfObjects, invalid, positiveInteger } from '../../arguments.js';
import { fitLine } from '../fits/line.js';
import { positiveNumbers } from '../numbers.js';
import { type BootstrapOptions, bootstrapGroups, checkBootstrap, type Interval } from './bootstrap.js';
import { type BrokenLine, fitBrokenLine } from './broken-line.js';

/** The students of one width. */
export interface SizesAtWidth {
  readonly width: number;
  /** [trials], effective sizes, above 0 */
  readonly effectiveSizes: ArrayLike<number>;
}

export interface LocatedSizeTransition {
  readonly located: true;
  /** Width at which the branches meet. */
  readonly width: Interval;
  /** Effective size there. */
  readonly effectiveSize: number;
  /** Exponents of effectiveSize ~ width^slope: 1 below and 0 above where the sub-network has the teacher's size. */
  readonly slopeBelow: number;
  readonly slopeAbove: number;
  /** Of one power law throughout, by F test. */
  readonly pValue: number;
}

/** No transition, and why. */
export interface UnlocatedSizeTransition {
  readonly located: false;
  readonly reason: string;
}

export type SizeTransition = LocatedSizeTransition | UnlocatedSizeTransition;

/** Arbitrary, and strict: the joint is fitted too, which the F test does not take into account (Hudson 1966). */
const significance = 0.01;
/** Residual squares of a straight line from rounding alone, relative to the squares of the numbers; arbitrary. */
const rounding = 1e-20;

/**
 * Where effective size stops growing with the width of the student (arXiv 2310.12612, size figure): the meeting point of
 * two power laws, fitted together as a continuous broken line in ln(effective size) against ln(width). Not located where
 * that is no better than one power law. The interval is from a bootstrap over the trials of each width.
 * @param groups at least one; each width once
 * @throws invalid_argument for sizes that are not above 0 (leave collapsed students out, and count them)
 */
export function sizeTransition(groups: readonly SizesAtWidth[], options: BootstrapOptions): SizeTransition {
  const checked = checkBootstrap('sizeTransition', options);
  const sorted = checkedGroups(groups);
  const widths = sorted.map(({ width }) => Math.log(width));
  const sizes = sorted.map(({ logSizes }) => logSizes);
  const count = sizes.flat().length;
  if (widths.length < 4)
    return { located: false, reason: `too few widths: ${widths.length}, at least 4 are needed` };
  if (count < 5)
    return { located: false, reason: `too few students: ${count} for 4 parameters, at least 5 are needed` };
  const broken = brokenLine(widths, sizes);
  const pValue = pValueOfOneLine(widths, sizes, broken);
  if (pValue > significance) {
    return {
      located: false,
      reason: `two power laws are no better than one (p = ${pValue.toPrecision(2)}, at most ${significance} is needed)`,
    };
  }
  const width = bootstrapGroups(sizes, (some) => Math.exp(brokenLine(widths, some).x), checked);
  const { slopeBelow, slopeAbove } = broken;
  return { located: true, width, effectiveSize: Math.exp(broken.y), slopeBelow, slopeAbove, pValue };
}

function checkedGroups(groups: readonly SizesAtWidth[]) {
  const each = '{ width, effectiveSizes }';
  arrayOfObjects('groups', `an array of at least one ${each}`, each, groups);
  if (groups.length === 0) throw invalid('groups', `an array of at least one ${each}`, groups);
  const checked = (groups as readonly SizesAtWidth[])
    .map(({ width, effectiveSizes }, i) => ({
      width: positiveInteger(`groups[${i}].width`, width),
      logSizes: Array.from(positiveNumbers(`groups[${i}].effectiveSizes`, effectiveSizes), Math.log),
    }))
    .sort((a, b) => a.width - b.width);
  const twice = checked.find(({ width }, i) => width === checked[i + 1]?.width);
  if (twice) throw invalid('groups', 'every width once', twice.width, 'Put its trials into one group');
  return checked;
}

/** Through the means, weighted by the number of trials: the same minimum as through all trials, at a fraction of the work. */
function brokenLine(widths: readonly number[], sizes: readonly (readonly number[])[]): BrokenLine {
  return fitBrokenLine(
    widths,
    sizes.map(mean),
    sizes.map((group) => group.length),
  );
}

/** F test of 2 parameters against 4; its tail has a closed form where two parameters are added. */
function pValueOfOneLine(
  widths: readonly number[],
  sizes: readonly (readonly number[])[],
  broken: BrokenLine,
): number {
  const line = fitLine(
    widths,
    sizes.map(mean),
    sizes.map((group) => group.length),
  );
  const within = sizes.reduce((total, group) => {
    const centre = mean(group);
    return total + group.reduce((squares, size) => squares + (size - centre) ** 2, 0);
  }, 0);
  const one = within + line.residual;
  const two = within + broken.residual;
  const magnitude = sizes.flat().reduce((total, size) => total + size ** 2, 0);
  if (one <= rounding * magnitude) return 1;
  const freedom = sizes.flat().length - 4;
  // P(F > f) = (1 + 2 f / freedom)^(-freedom / 2) and 1 + 2 f / freedom = one / two
  return Math.min(1, (two / one) ** (freedom / 2));
}

function mean(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}
