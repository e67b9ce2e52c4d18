// From a run directory to groups of trials that differ in nothing but their index.
import { readArrays, readRecords } from 'eigenstudent/sweep';

/**
 * Finished trials, by group; spectral first, then in the order of the fields that vary.
 * Each trial is { record, relevance [h], curve [h + 1], ranked: the same by ranking, history, furtherLayers, network }.
 */
export async function readGroups(directory) {
  const records = (await readRecords(directory)).filter((record) => record.error === undefined);
  const leaves = new Map(records.map((record) => [record, leavesOf(record)]));
  const varied = variedNames([...leaves.values()]);
  const groups = new Map();
  for (const record of records.sort((a, b) => a.trial - b.trial)) {
    const fields = leaves.get(record);
    const key = JSON.stringify([record.scalars.parametrization, ...Object.entries(fields).sort()]);
    if (!groups.has(key)) groups.set(key, { ...nameOf(record.scalars, fields, varied), trials: [] });
    const { pruningLosses, rankedLosses, lossHistory, ...arrays } = await readArrays(directory, record);
    const { relevance, furtherLayers, network } = arrays;
    const curves = { curve: pruningLosses, ranked: rankedLosses, history: lossHistory };
    groups.get(key).trials.push({ record, relevance, ...curves, furtherLayers, network });
  }
  return [...groups.values()].sort(compareGroups);
}

/** Every number of a trial's protocol but those that only repeat it, by path. */
function leavesOf({ protocol }) {
  const { trial: _, seed: __, schema: ___, parametrization: ____, ...rest } = protocol;
  const leaves = {};
  const visit = (value, path) => {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (!isObject) leaves[path] = value;
    else for (const [name, inner] of Object.entries(value)) visit(inner, path ? `${path}.${name}` : name);
  };
  visit(rest, '');
  return leaves;
}

/** Paths whose values differ between trials; an arm's are compared within the arms that have them. */
function variedNames(all) {
  const names = [...new Set(all.flatMap((leaves) => Object.keys(leaves)))];
  return names.filter((name) => {
    const isArm = name.startsWith('arm.');
    const values = all.filter((leaves) => !isArm || name in leaves).map((leaves) => leaves[name]);
    return new Set(values.map((value) => JSON.stringify(value) ?? 'absent')).size > 1;
  });
}

function nameOf({ parametrization, teacherSize, width }, leaves, varied) {
  // What the two arms of the paper's protocol differ in is in the name of the arm.
  const settings = Object.fromEntries(
    varied
      .filter((name) => !['teacher.teacherSize', 'student.width'].includes(name))
      .map((name) => [name, leaves[name]]),
  );
  return { parametrization, teacherSize, width, settings };
}

function compareGroups(a, b) {
  const order = ['spectral', 'direct'];
  const first = order.indexOf(a.parametrization) - order.indexOf(b.parametrization);
  if (first !== 0) return first;
  if (a.teacherSize !== b.teacherSize) return a.teacherSize - b.teacherSize;
  if (a.width !== b.width) return a.width - b.width;
  for (const name of Object.keys(a.settings)) {
    const [left, right] = [a, b].map(({ settings }) => settings[name]);
    const isNumber = typeof left === 'number' && typeof right === 'number';
    const order = isNumber ? left - right : String(left).localeCompare(String(right));
    if (order !== 0) return order;
  }
  return 0;
}

/** Names of settings that vary within an arm; those that only tell the arms apart say nothing. */
export function settingNames(groups) {
  const names = [...new Set(groups.flatMap(({ settings }) => Object.keys(settings)))];
  return names.filter((name) =>
    ['spectral', 'direct'].some((arm) => {
      const values = groups
        .filter((group) => group.parametrization === arm)
        .map(({ settings }) => settings[name]);
      return new Set(values.map((value) => JSON.stringify(value) ?? 'absent')).size > 1;
    }),
  );
}
