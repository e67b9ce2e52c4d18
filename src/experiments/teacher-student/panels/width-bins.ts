import { type TrialGroup, widths } from './trial-groups.js';

/** Maximum number of distinct points on an axis; both arbitrary. */
const mostWidths = 60;
const bins = 40;

/** Groups that are drawn as one point: their trials together, at a width between theirs. */
export interface WidthBin {
  readonly place: Pick<TrialGroup, 'parametrization' | 'teacherSize' | 'settings' | 'width'>;
  readonly groups: readonly TrialGroup[];
}

/**
 * A bin per group while the widths are distinguishable; otherwise bins of equal width on a logarithmic axis.
 * @param seriesOf groups of different series are not combined
 */
export function widthBins(
  groups: readonly TrialGroup[],
  seriesOf: (group: TrialGroup) => string,
): WidthBin[] {
  const all = widths(groups);
  if (all.length <= mostWidths) return groups.map((group) => ({ place: group, groups: [group] }));
  const [low, high] = [Math.log(all[0] as number), Math.log(all.at(-1) as number)];
  const members = new Map<string, TrialGroup[]>();
  for (const group of groups) {
    const bin = Math.min(bins - 1, Math.floor((bins * (Math.log(group.width) - low)) / (high - low)));
    const name = `${group.teacherSize} ${bin} ${seriesOf(group)}`;
    const existing = members.get(name);
    if (existing) existing.push(group);
    else members.set(name, [group]);
  }
  return [...members.values()].map((own) => {
    const logs = own.map(({ width }) => Math.log(width));
    const width = Math.round(Math.exp(logs.reduce((total, value) => total + value, 0) / logs.length));
    const { parametrization, teacherSize, settings } = own[0] as TrialGroup;
    return { place: { parametrization, teacherSize, settings, width }, groups: own };
  });
}

export function binNotes(groups: readonly TrialGroup[]): string[] {
  const all = widths(groups).length;
  if (all <= mostWidths) return [];
  return [
    `${all} widths have no room as points of their own: each point is of the trials of all widths in one of ${bins} bins, ` +
      'and its spread that over these. The table has every width.',
  ];
}
