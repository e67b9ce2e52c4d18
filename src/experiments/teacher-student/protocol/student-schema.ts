/** The student: in the short form of the paper, or as a list of its hidden layers. */
import { z } from 'zod';
import { activations, type ImageLayer } from '../../../network/layers.js';
import {
  exactlyOne,
  expected,
  name,
  positiveInteger,
  slopeField,
  strict,
} from '../../../protocol/protocol-fields.js';

const outputActivation = name(['linear', 'sigmoid'])
  .exactOptional()
  .describe('Activation of the outputs, for numeric targets and a trained read-out. Absent: linear.');

const shortStudent = strict({
  width: positiveInteger.describe('Nodes of the first hidden layer, h in the paper.'),
  secondWidth: positiveInteger.default(20).describe('Nodes of the second hidden layer.'),
  activation: name(activations).default('relu').describe('Activation of the hidden layers.'),
  slope: slopeField,
  thirdWidth: positiveInteger
    .exactOptional()
    .describe('Nodes of a third hidden layer, after the second. Absent: there is none.'),
  spectralLayers: name(['first', 'all'])
    .exactOptional()
    .describe(
      'Which hidden layers are spectral and trained by the settings of the arm; the others are dense. Absent: the first.',
    ),
  outputActivation,
}).describe('Inputs -> width -> secondWidth -> outputs');

const layerFields = strict({
  width: positiveInteger.describe('Nodes of the layer.'),
  activation: name(activations).default('relu').describe('Activation of the layer.'),
  slope: slopeField,
}).superRefine(({ activation, slope }, context) => {
  if (slope !== undefined && activation !== 'leakyRelu')
    context.addIssue({ code: 'custom', path: ['slope'], message: slopeMessage(slope, activation) });
});

/** For a slope beside an activation that has none. */
export function slopeMessage(slope: unknown, activation: unknown): string {
  return `expected none, received ${slope}: ${activation} has no slope, only leakyRelu has one`;
}

const layer = exactlyOne(
  {
    spectral: layerFields.exactOptional().describe('A spectral layer, trained by the settings of the arm.'),
    dense: layerFields.exactOptional().describe('A dense layer.'),
  },
  imageAdvice,
);

const imageKinds: Record<ImageLayer['kind'], true> = {
  ...{ conv2d: true, spectralConv2d: true, convTranspose2d: true },
  ...{ maxPool2d: true, averagePool2d: true, globalAveragePool: true, flatten: true },
};

/** The inputs of every problem of the experiment are features, also where a file holds images. */
function imageAdvice(unknown: readonly string[]): string {
  if (!unknown.some((kind) => Object.hasOwn(imageKinds, kind))) return '';
  return (
    'Inputs of teacher-student are features, and the nodes of its first layer are ranked; layers of images train in ' +
    'a Population (docs/how-to/build-a-graph.md)'
  );
}

const layeredStudent = strict({
  layers: z
    .array(
      layer,
      expected('a list of layers, as in [{ spectral: { width: 200 } }, { dense: { width: 20 } }]'),
    )
    .min(1, expected('at least one hidden layer'))
    .refine((layers) => layers[0]?.spectral !== undefined, {
      error: 'expected a spectral layer first, whose nodes are ranked, received a dense one',
    })
    .describe('Hidden layers, first to last, each `spectral` or `dense`; the first is spectral.'),
  outputActivation,
}).describe('A list of hidden layers');

/** Both forms, by the field that distinguishes them. */
export const studentSchemas = { short: shortStudent, layers: layeredStudent } as const;

export type ShortStudent = z.output<typeof shortStudent>;
export type StudentForm = ShortStudent | z.output<typeof layeredStudent>;

/** A hidden layer of a student. */
export interface HiddenLayer {
  readonly kind: 'spectral' | 'dense';
  readonly width: number;
  readonly activation: (typeof activations)[number];
  /** Of leakyRelu. */
  readonly slope?: number;
}

/** Whether a document's student is a list of layers. */
export function isLayered(student: unknown): boolean {
  return typeof student === 'object' && student !== null && Object.hasOwn(student, 'layers');
}

/** First to last, for either form of the student. */
export function hiddenLayersOf(student: StudentForm): HiddenLayer[] {
  if ('layers' in student)
    return student.layers.map(({ spectral, dense }) => ({
      kind: spectral ? 'spectral' : 'dense',
      ...((spectral ?? dense) as NonNullable<typeof spectral>),
    }));
  const { width, secondWidth, thirdWidth, activation, slope, spectralLayers } = student;
  const widths = [width, secondWidth, ...(thirdWidth === undefined ? [] : [thirdWidth])];
  return widths.map((each, i) => ({
    kind: i === 0 || spectralLayers === 'all' ? 'spectral' : 'dense',
    width: each,
    activation,
    slope,
  }));
}

/** Nodes of the first hidden layer, h in the paper. */
export function firstWidthOf(student: StudentForm): number {
  return (hiddenLayersOf(student)[0] as HiddenLayer).width;
}
