// How an error must read.
import { Trapped } from './hostile.mjs';

const codes = [
  'invalid_argument',
  'invalid_network',
  'invalid_data',
  'file_unreadable',
  'file_unwritable',
  'file_corrupt',
  'file_unsupported',
  'data_mismatch',
  'diverged',
  'population_busy',
  'population_disposed',
  'interrupted',
  'out_of_memory',
  'cuda_unavailable',
];
/** What V8 says when code has not looked at its arguments. */
const accident = /undefined \(|of undefined|of null|is not a function|is not iterable|Cannot (read|convert|destructure)|not defined/;

/** An error with a code and a clear text; or, of V8's own, a text that is no accident. */
export function refusedWell(error, fail) {
  if (error instanceof Trapped) return;
  const { code, message } = error ?? {};
  if (typeof message !== 'string' || message === '') return fail(`an error without a text: ${String(error)}`);
  if (code === undefined) {
    if (error.name === 'TypeError' && /constructor|Illegal invocation|revoked/.test(message)) return;
    return fail(`an error without a code: ${error.name}: ${message}\n${error.stack}`);
  }
  if (!codes.includes(code)) return fail(`code ${code}: ${message}`);
  if (message.length > 4000) fail(`a message of ${message.length} characters`);
  if (accident.test(message)) fail(`an accident: ${message}`);
  contradicts(message, fail);
}

/** "expected a Float32Array, received Float32Array(3)" must be impossible. */
function contradicts(message, fail) {
  const found = /expected an? (.*?) for .*received (\w+Array)\((\d+)\)/.exec(message);
  if (!found) return;
  const [, expected, kind, length] = found;
  if (!expected.split(/\W+/).includes(kind)) return;
  const wanted = / of length (\d+)/.exec(expected)?.[1];
  if (wanted === length || (wanted === undefined && !/length|multiple|at least|numbers?|samples?/.test(expected)))
    fail(`contradicts itself: ${message}`);
}
