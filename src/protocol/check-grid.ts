/**
 * Checks a document with axes against the schema of one point: each value of each axis by the field's own schema, the
 * rest with the first value in place of each axis, and constraints between fields for every combination.
 */
import {
  armNames,
  armOf,
  fieldAt,
  findAxes,
  mayBeAxis,
  schemaFor,
  spacedBy,
  valueAt,
  type WrittenAxis,
  withValue,
} from './axes.js';
import { canonicalJson } from './canonical-json.js';
import {
  defaultExperiment,
  type ExperimentForm,
  experimentNames,
  formOf,
  formOfDocument,
  type ProtocolDocument,
  unknownExperiment,
} from './experiment-form.js';
import {
  type Choice,
  choose,
  combinations,
  countTrials,
  dimensionsOf,
  dimensionsOfArm,
  mostTrials,
} from './grid.js';
import { repeatIssues } from './idle-axes.js';
import { formatPath, issuesOf, type Path, type ProtocolIssue } from './protocol-issues.js';
import { misspeltSpacing, spacingSchema } from './spacing.js';
import { namesInZip, zipIssues } from './zip.js';

type Checked =
  | { readonly protocol: ProtocolDocument; readonly issues?: never }
  | { readonly protocol?: never; readonly issues: readonly ProtocolIssue[] };

/** An axis whose values have been checked. */
interface CheckedAxis extends WrittenAxis {
  /** Checked values in the form of the document: a list with the defaults of its items, or the spacing. */
  readonly checked: unknown;
  /** Replaces the axis while the rest is checked. */
  readonly first: unknown;
  readonly issues: readonly ProtocolIssue[];
}

/** A document with every default written out, its axes as written; or all of its issues. */
export function checkGrid(document: unknown): Checked {
  const form = formOfDocument(document);
  if (!form) {
    const message = unknownExperiment(valueAt(document, ['experiment']));
    return { issues: [{ path: ['experiment'], message }] };
  }
  const written = findAxes(document);
  const fixed = form.axisIssues?.(written.map(({ path }) => path)) ?? [];
  if (fixed.length > 0) return { issues: fixed };
  const zipped = namesInZip(document);
  const axes = written.map((axis) => checkAxis(axis, zipped.has(axis.path.join('.'))));
  const point = axes.reduce((copy, { path, first }) => withValue(copy, path, first), document);
  const result = schemaFor(form, document).safeParse(point);
  const ofAxes = axes.flatMap(({ issues }) => issues);
  const ofPoint = (result.error ? issuesOf(result.error, []) : []).flatMap((issue) =>
    besideAxes(asSpacing(issue, form, document), axes),
  );
  if (ofPoint.length + ofAxes.length > 0 || !result.success)
    return { issues: [...ofPoint.map((issue) => withExperiment(issue, document)), ...ofAxes] };
  const protocol = axes.reduce<unknown>(
    (copy, { path, checked }) => withValue(copy, path, checked),
    result.data,
  ) as ProtocolDocument;
  const ofGrid = gridIssues(form, protocol, result.data as unknown as ProtocolDocument);
  return ofGrid.length > 0 ? { issues: ofGrid } : { protocol };
}

/** A protocol of another experiment may lack its name. */
function withExperiment(issue: ProtocolIssue, document: unknown): ProtocolIssue {
  const { key, path } = issue;
  if (key === undefined || path.length > 0 || valueAt(document, ['experiment']) !== undefined) return issue;
  const others = experimentNames().filter((name) =>
    Object.hasOwn(formOf({ experiment: name }).schema.shape, key),
  );
  if (others.length === 0) return issue;
  const note = `The protocol names no \`experiment\` and is read as one of ${defaultExperiment}; ${others.join(', ')} has such a field`;
  return { ...issue, message: `${issue.message}. ${note}` };
}

function checkAxis(axis: WrittenAxis, zipped: boolean): CheckedAxis {
  return Array.isArray(axis.written) ? checkList(axis, axis.written, zipped) : checkSpacing(axis);
}

/** A zipped list may repeat a value, as the values of its group together distinguish trials (zipIssues). */
function checkList(axis: WrittenAxis, values: readonly unknown[], zipped: boolean): CheckedAxis {
  const { path, field } = axis;
  if (values.length === 0) {
    const message = 'expected at least one value in the list, received none';
    return { ...axis, checked: [], first: undefined, issues: [{ path, message }] };
  }
  const results = values.map((value) => field.safeParse(value));
  const issues = results.flatMap(({ error }, i) => (error ? issuesOf(error, [...path, i]) : []));
  const checked = results.map(({ data }) => data);
  if (issues.length === 0 && !zipped && repeats(checked))
    issues.push({ path, message: 'expected distinct values in the list' });
  return { ...axis, checked, first: values[0], issues };
}

function checkSpacing(axis: WrittenAxis): CheckedAxis {
  const { path, field, written } = axis;
  const result = spacingSchema(written)?.safeParse(written);
  if (!result?.success) {
    const issues = result?.error ? issuesOf(result.error, path) : [];
    return { ...axis, checked: written, first: undefined, issues };
  }
  const values = spacedBy(written, field);
  for (const [i, value] of values.entries()) {
    const { error } = field.safeParse(value);
    if (!error) continue;
    const issues = issuesOf(error, path).map((issue) => ({
      path: issue.path,
      message: `${issue.message}, value ${i + 1} of ${values.length}`,
    }));
    return { ...axis, checked: result.data, first: value, issues };
  }
  const message =
    'expected distinct values, received a spacing so narrow that some are the same when rounded';
  const issues = repeats(values) ? [{ path, message }] : [];
  return { ...axis, checked: result.data, first: values[0], issues };
}

function repeats(values: readonly unknown[]): boolean {
  return new Set(values.map((value) => canonicalJson(value))).size < values.length;
}

/** The message about a value that resembles a spacing mentions spacings. */
function asSpacing(issue: ProtocolIssue, form: ExperimentForm, document: unknown): ProtocolIssue {
  const path = issue.path.map(String);
  const message = mayBeAxis(form, path) ? misspeltSpacing(valueAt(document, path)) : undefined;
  return message === undefined ? issue : { path: issue.path, message };
}

/** Issues of a point, without those that its axes report already. */
function besideAxes(issue: ProtocolIssue, axes: readonly CheckedAxis[]): ProtocolIssue[] {
  const axis = axes.find(({ path }) => path.every((part, i) => part === issue.path[i]));
  if (!axis) return [issue];
  return axis.issues.length > 0
    ? []
    : [{ ...issue, path: withIndex(issue.path, axis.path, 0, axis.written) }];
}

/** "batchSize" becomes "batchSize[2]" where it is a list. */
function withIndex(path: Path, axis: Path, index: number, written: unknown): Path {
  return Array.isArray(written) ? [...axis, index, ...path.slice(axis.length)] : path;
}

/** Issues that involve several axes. */
function gridIssues(
  form: ExperimentForm,
  protocol: ProtocolDocument,
  point: ProtocolDocument,
): ProtocolIssue[] {
  const ofZip = zipIssues(protocol);
  if (ofZip.length > 0) return ofZip;
  const arms = armNames(form).filter((arm) => arm !== undefined);
  if (arms.length > 0 && arms.every((arm) => valueAt(protocol, ['arms', arm]) === undefined))
    return [{ path: ['arms'], message: `expected at least one of ${arms.join(', ')}, received none` }];
  const counts = countTrials(protocol);
  const total = counts.reduce((sum, { trials }) => sum + trials, 0);
  if (total > mostTrials) {
    const products = counts.map(({ arm, trials, product }) => `${arm ?? 'all'} ${trials} (${product})`);
    const message = `expected at most ${mostTrials} trials in all, received ${total}: ${products.join(', ')}`;
    return [{ path: ['trials'], message }];
  }
  const ofArms = armNames(form).flatMap((arm) =>
    arm === undefined ? [] : armIssues(form, protocol, point, arm),
  );
  const ofForm = form.issues?.(protocol, point) ?? [];
  return [...ofForm, ...repeatIssues(form, protocol), ...ofArms];
}

/** Issues of the first combination of an arm's fields that its schema refuses. */
function armIssues(
  form: ExperimentForm,
  protocol: ProtocolDocument,
  point: ProtocolDocument,
  arm: string,
): ProtocolIssue[] {
  const schema = fieldAt(form, ['arms', arm]);
  const dependent: readonly (string | undefined)[] = form.dependentArmFields ?? [];
  const dimensions = dimensionsOfArm(dimensionsOf(protocol), arm)
    .map(({ axes, length }) => ({
      axes: axes.filter((axis) => armOf(axis) === arm && dependent.includes(axis.path[2])),
      length,
    }))
    .filter(({ axes }) => axes.length > 0);
  if (schema === undefined || dimensions.length === 0) return [];
  for (const choice of combinations(dimensions)) {
    const { error } = schema.safeParse(valueAt(choose(point, choice), ['arms', arm]));
    if (error) return issuesOf(error, ['arms', arm]).map((issue) => ofChoice(issue, choice, protocol));
  }
  return [];
}

/** With the index of the value in question, and of the values with which it conflicts. */
function ofChoice(issue: ProtocolIssue, choice: Choice, protocol: ProtocolDocument): ProtocolIssue {
  const places = choice.map(([axis, value]) => {
    const written = valueAt(protocol, axis.path);
    const concerned = axis.path.every((part, i) => part === issue.path[i]);
    const place = withIndex(
      concerned ? issue.path : axis.path,
      axis.path,
      axis.values.indexOf(value),
      written,
    );
    return { concerned, place };
  });
  const path = places.find(({ concerned }) => concerned)?.place ?? issue.path;
  const others = places.flatMap(({ concerned, place }) => (concerned ? [] : [formatPath(place)]));
  if (others.length === 0) return { ...issue, path };
  const message = `${issue.message}. This combination, with ${others.join(' and ')}, is one of the grid; \`zip\` makes axes go together`;
  return { ...issue, path, message };
}
