/** One trial: a start, the flow from it, and what its end is. */
import { safeTensor } from '../../files/safetensors.js';
import { gradientFlow } from '../../flow/gradient-flow.js';
import { normals } from '../../network/random.js';
import type { TrialResult, TrialRun } from '../../sweep/one-by-one.js';
import { criticalPoint } from '../../theory/critical-point.js';
import { classifyEndPoint } from '../../theory/end-point.js';
import { orthonormalTeacher } from '../../theory/hidden-layer.js';
import { populationLoss } from '../../theory/population-loss.js';
import type { FlowScalars } from './scalars.js';
import type { FlowProtocol } from './schema.js';

export async function runFlow(
  protocol: FlowProtocol,
  { signal }: TrialRun,
): Promise<TrialResult<FlowScalars>> {
  const { activation, teacherNeurons: k, neurons: n, spareInputs, steps } = protocol;
  const { gradientNorm, relativeError, absoluteError } = protocol;
  const teacher = orthonormalTeacher({ neurons: k, inputs: k + spareInputs });
  const loss = populationLoss({ activation, teacher });
  const options = { gradientNorm, relativeError, absoluteError, steps, threads: 1, signal };
  const flow = await gradientFlow(loss, firstValues(protocol), options);
  const { kind, cosines } = classifyEndPoint(loss, flow.parameters);
  const known = activation === 'scaledErf' || activation === 'erf';
  const { end, smallestEigenvalue, time } = flow;
  return {
    engine: 'theory',
    scalars: {
      ...{ kind, end, loss: flow.loss, gradientNorm: flow.gradientNorm, smallestEigenvalue, time },
      flowSteps: flow.steps,
      copyAverageLoss: known ? criticalPoint('copyAverage', { activation, teacher, neurons: n }).loss : null,
    },
    tensors: new Map([
      ['parameters', safeTensor(flow.parameters)],
      ['cosines', safeTensor(cosines, [n, k])],
      ['eigenvalues', safeTensor(flow.eigenvalues)],
      ['trace.time', safeTensor(flow.trace.time)],
      ['trace.loss', safeTensor(flow.trace.loss)],
      ['trace.gradientNorm', safeTensor(flow.trace.gradientNorm)],
    ]),
  };
}

/** W [n][d], then a [n], as the authors draw them: Glorot, normal. */
function firstValues({ teacherNeurons, neurons: n, spareInputs, seed, trial }: FlowProtocol): Float64Array {
  const inputs = teacherNeurons + spareInputs;
  const draw = (part: number, count: number, variance: number) =>
    normals({ seed, trial, purpose: 'studentParameters', part }, count, Math.sqrt(variance));
  const start = new Float64Array(n * (inputs + 1));
  start.set(draw(0, n * inputs, 2 / (inputs + n)));
  start.set(draw(1, n, 2 / (n + 1)), n * inputs);
  return start;
}
