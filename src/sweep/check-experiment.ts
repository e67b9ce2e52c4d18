/** Detects, when an experiment is registered, definitions that would lose trials or numbers silently. */
import { z } from 'zod';
import { EigenstudentError } from '../errors.js';
import { armNames, fieldAt } from '../protocol/axes.js';
import type { ExperimentForm } from '../protocol/experiment-form.js';
import { recordFields } from '../runs/record.js';
import type { LiveView } from './live-view.js';

/** Fields that the sweep writes into the protocol of a trial. */
const trialFields = ['schema', 'trial', 'arm'];
/** Columns beside the values of a place in summaries and in the status. */
const besidePlace = [
  ...['settings', 'trials', 'key', 'seed', 'trial', 'epoch', 'epochs', 'code', 'message'],
  ...['total', 'finished', 'failed', 'unfinished', 'begun', 'didNotLearn'],
];
/** Columns of a query that are not scalars: fields of a record, and of its error. */
const besideScalars = [
  ...recordFields,
  ...['error', 'errorCode', 'errorMessage', 'errorStep', 'errorLayer', 'errorLearningRate', 'errorStage'],
  ...['trials', 'settings'],
];
/** Ids of elements of the live page. */
const idsOfPage = [
  'title',
  'connection',
  'tally',
  'bar',
  'facts',
  'damaged',
  'charts',
  'failures',
  'groups',
  'theme',
];

/** @throws invalid_argument naming the experiment and what is wrong with it */
export function checkExperiment(form: ExperimentForm & { readonly live?: LiveView }): void {
  const absent = ['place', 'stepsOf', 'bytesOf', 'open'].filter(
    (name) => typeof (form as unknown as Readonly<Record<string, unknown>>)[name] !== 'function',
  );
  const problems = [
    ...absent.map((name) => `expected a function ${name}, received none`),
    ...schemaProblems(form),
    ...reservedNames('a value of place', names(form.placeColumns), besidePlace),
    ...scalarProblems(form),
    ...(form.live ? liveProblems(form.live) : []),
  ];
  if (problems.length === 0) return;
  throw new EigenstudentError('invalid_argument', `experiment ${form.name}: ${problems.join('; ')}`);
}

function schemaProblems(form: ExperimentForm): string[] {
  const { schema, name, trialsAt } = form;
  const fields = Object.keys(schema.shape);
  const missing = ['experiment', 'trials', 'seed', 'zip'].filter((field) => !fields.includes(field));
  if (missing.length > 0)
    return [
      `expected the fields experiment, trials, seed and zip in its schema, received none called ${missing.join(', ')}`,
    ];
  const named = (schema.shape.experiment as z.ZodType).safeParse(name);
  const ofArms = trialsAt
    ? []
    : armNames(form).flatMap((arm) => {
        const inner = arm === undefined ? undefined : armSchema(form, arm);
        return inner && Object.hasOwn(inner.shape, 'name')
          ? [
              `expected another name than name for a field of the arm ${arm}: the sweep writes the arm's name there`,
            ]
          : [];
      });
  const axes = form.placeAxes.filter((path) => fieldAt(form, path.split('.')) === undefined);
  return [
    ...axes.map((path) => `expected fields of its schema in placeAxes, received ${path}`),
    ...(named.success ? [] : [`expected its schema to take the name ${name} as experiment`]),
    ...reservedNames('a field of its schema', fields, trialsAt ? [] : trialFields),
    ...ofArms,
  ];
}

function armSchema({ schema }: ExperimentForm, arm: string): z.ZodObject | undefined {
  let found: unknown = (schema.shape.arms as z.ZodObject).shape[arm];
  while (
    found instanceof z.ZodOptional ||
    found instanceof z.ZodExactOptional ||
    found instanceof z.ZodDefault
  )
    found = found.unwrap();
  return found instanceof z.ZodObject ? found : undefined;
}

function scalarProblems({ scalars }: ExperimentForm): string[] {
  const all = Object.keys(scalars.shape);
  const lower = all.map((name) => name.toLowerCase());
  const alike = all.filter((_, i) => lower.indexOf(lower[i] as string) < i);
  return [
    ...reservedNames('a scalar', all, besideScalars),
    // Column names of a query are not case-sensitive.
    ...alike.map((name) => `expected another name for the scalar ${name}: one differs in capitals alone`),
  ];
}

/** Names that are already in use, ignoring case. */
function reservedNames(what: string, names: readonly string[], others: readonly string[]): string[] {
  const lower = others.map((name) => name.toLowerCase());
  return names
    .filter((name) => lower.includes(name.toLowerCase()))
    .map((name) => `expected another name for ${what} than ${name}, which the sweep uses itself`);
}

function names(columns: readonly { readonly name: string }[]): string[] {
  return columns.map(({ name }) => name);
}

/** Ids of elements contain these names. */
function liveProblems({ curves, groupChart, arms, history }: LiveView): string[] {
  const charts = [...names(curves), ...(groupChart ? [groupChart.name] : [])];
  const quantities = curves.flatMap((each) => names(each.quantities));
  const unknown = quantities.filter((name) => !Object.hasOwn(history, name));
  const ids = [...charts, ...names(arms), ...quantities];
  return [
    ...reservedNames('a chart of its live page', charts, idsOfPage),
    ...reservedNames('an arm of its live page', names(arms), ['note', 'zeros', 'title', 'chart']),
    ...ids
      .filter((id) => !/^[\w-]+$/.test(id))
      .map(
        (id) =>
          `expected letters, digits, - and _ in the names of its live page, received ${JSON.stringify(id)}`,
      ),
    ...charts
      .filter((name, i) => charts.indexOf(name) < i)
      .map((name) => `expected distinct names of the charts of its live page, received ${name} twice`),
    ...quantities
      .filter((name, i) => quantities.indexOf(name) < i)
      .map((name) => `expected each quantity in one chart of its live page, received ${name} twice`),
    ...unknown.map((name) => `expected a history of ${name}, which its live page draws`),
  ];
}
