import type { TrialGroup } from './trial-groups.js';

/** The widest group of each teacher size and series. */
export function widestOfEach(
  groups: readonly TrialGroup[],
  nameOf: (group: TrialGroup) => string,
): TrialGroup[] {
  const widest = new Map<string, TrialGroup>();
  for (const group of groups) {
    const place = `${group.teacherSize} ${nameOf(group)}`;
    if (group.width >= (widest.get(place)?.width ?? 0)) widest.set(place, group);
  }
  return [...widest.values()];
}
