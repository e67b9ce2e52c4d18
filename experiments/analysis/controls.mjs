// How fast a sub-network is found, and what other orders of removal make of it: for runs that keep other rankings.
import { interval, table } from './text.mjs';

/** Fractions of the training at which the effective size is told. */
const moments = [0.1, 0.2, 0.4, 0.6, 0.8, 1];
/** The loss may grow by so much. */
const tolerance = 0.1;

/** Whether a run keeps the curves of other rankings. */
export function hasRankings(groups) {
  return groups.some(({ trials }) => trials.some(({ ranked }) => Object.keys(ranked).length > 0));
}

/** Effective size over training, and the epoch from which on it stays at most twice the teacher's. */
export function overTraining(groups, head, meanOf) {
  const epochs = Math.max(
    ...groups.flatMap(({ trials }) => trials.map(({ record }) => record.scalars.epochs)),
  );
  const columns = [
    ...head.columns,
    ...moments.map((share) => `n_λ at ${Math.round(share * epochs)}`),
    'n_λ ≤ 2 h_T from',
    'trials',
  ];
  const rows = groups.map((group) => {
    const settled = group.trials.map(settledEpoch).filter((epoch) => epoch !== undefined);
    return [
      ...head.of(group),
      ...moments.map((share) => interval(meanOf(group.trials, sizeAtEpoch(share * epochs)))),
      settled.length === 0 ? '' : interval(meanOf(settled, (epoch) => epoch)),
      `${settled.length} of ${group.trials.length}`,
    ];
  });
  return table(columns, rows);
}

function sizeAtEpoch(epoch) {
  return ({ history }) => {
    const after = history.epoch.findIndex((each) => each >= epoch);
    return history.effectiveSize[after < 0 ? history.epoch.length - 1 : after];
  };
}

/** Nothing where it is larger at the end. */
function settledEpoch({ history, record }) {
  const larger = history.effectiveSize.findLastIndex((size) => size > 2 * record.scalars.teacherSize);
  return history.epoch[larger + 1];
}

/** The fewest nodes such that, with so many or more, the test loss stays within 10 % of the unpruned one, by ranking. */
export function byRanking(groups, head, meanOf) {
  const names = [
    ...new Set(groups.flatMap(({ trials }) => trials.flatMap(({ ranked }) => Object.keys(ranked)))),
  ];
  const rows = groups.map((group) => [
    ...head.of(group),
    interval(meanOf(group.trials, ({ curve }) => nodesNeeded(curve))),
    ...names.map((name) => {
      const curves = group.trials.flatMap(({ ranked }) => (ranked[name] ? [ranked[name]] : []));
      return curves.length === 0 ? '' : interval(meanOf(curves, nodesNeeded));
    }),
  ]);
  return table([...head.columns, 'relevance', ...names], rows);
}

function nodesNeeded(losses) {
  let kept = losses.length - 1;
  const bound = (1 + tolerance) * losses[kept];
  while (kept > 0 && losses[kept - 1] <= bound) --kept;
  return kept;
}
