// One public call: all good, good but elsewhere in memory, or with one argument exchanged, however deep.
import { types } from 'node:util';
import * as analysis from '../../dist/analysis/index.js';
import * as data from '../../dist/data/index.js';
import * as exchange from '../../dist/exchange/index.js';
import * as main from '../../dist/index.js';
import { kindOf, placesForJavaScript as places } from './arrays.mjs';
import { hostile } from './hostile.mjs';
import { refusedWell } from './messages.mjs';
import { publicCalls } from './public-calls.mjs';
import { randomOf } from './random.mjs';

export const api = { ...analysis, ...data, ...exchange, ...main };

/** Numbers for which a large one means that much work or memory: what is asked for is not a mistake then. */
const sizes = /^(\d+|width|epochs|epoch|samples|features|train|validation|test|resamples|bins|points|teacherSize|inputs|keep|every|rows|columns)$/;
/** Where values of several kinds are good, or where none is looked at, so that another kind is no mistake. */
const unions = /^(dy|2|factor|data|validation|test|initialize|eigenvectors|weights|until|learningRate|0|1|eigenvaluesOut|stratified|rSquared|reducedChiSquared|degreesOfFreedom|standardError)$/;

export async function publicScenario(_, random, fail) {
  const name = random.pick(Object.keys(publicCalls));
  const call = publicCalls[name];
  const same = random.below(2 ** 31); // good arguments are made twice, and must be the same
  const expected = await outcome(call, call.make(api, randomOf(same)));
  if (expected.error?.code !== call.code) return fail(`${name}: good arguments are refused, or not as they should be: ${expected.error?.stack}`);
  const args = call.make(api, randomOf(same));
  const change = random.pick([elsewhere, exchange_, exchange_, exchange_])(args, random);
  const about = `${name} with ${change.said}`;
  const found = await outcome(call, args);
  judge(change, expected, found, (text) => fail(`${about}: ${text}`));
  return about;
}

function judge({ good, bad }, expected, { error, result }, fail) {
  if (error) {
    if (good && error.code !== expected.error?.code) fail(`refused: ${error.stack}`);
    refusedWell(error, fail);
  } else if (bad) fail(`was not refused, but gave ${result}`);
  else if (good && result !== expected.result) fail(`gave ${result}, not ${expected.result}`);
}

async function outcome(call, args) {
  try {
    return { result: asText(await call.call(api, args)) };
  } catch (error) {
    return { error };
  }
}

/** All numbers of an answer, so that two can be compared. */
function asText(value) {
  return JSON.stringify(value, (_, found) => {
    if (kindOf(found) !== undefined) return [...found].map(String);
    if (found instanceof Map) return [...found];
    if (found instanceof main.Network) return [found.spec, found.parameters];
    return typeof found === 'number' ? String(found) : found;
  });
}

function isOpen(value) {
  if (types.isProxy(value)) return false;
  if (Array.isArray(value)) return value.length > 0;
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function somewhere(args, random) {
  let holder = args;
  const path = [];
  for (;;) {
    const keys = Object.keys(holder);
    const key = random.pick(keys);
    path.push(key);
    const value = holder[key];
    if (!isOpen(value) || Object.keys(value).length === 0 || random.chance(0.25)) return { holder, key, path };
    holder = value;
  }
}

function elsewhere(args, random) {
  const said = [];
  const move = (holder) => {
    for (const [key, value] of Object.entries(holder)) {
      if (kindOf(value) !== undefined) {
        const place = random.pick(Object.keys(places));
        holder[key] = places[place](value);
        said.push(`${key} ${place}`);
      } else if (isOpen(value) && !Object.isFrozen(value)) move(value);
    }
  };
  move(args);
  return { said: said.join(', ') || 'the same', good: true };
}

function exchange_(args, random) {
  const { holder, key, path } = somewhere(args, random);
  const before = holder[key];
  const size = sizes.test(key) || path.length === 1;
  let k = random.below(hostile.length);
  let value = hostile[k]();
  while (size && typeof value === 'number' && value > 1000) {
    k = random.below(hostile.length);
    value = hostile[k]();
  }
  holder[key] = value;
  return { said: `hostile ${k} for ${path.join('.')}`, bad: isBad(key, before, value) };
}

/** Whether a value is of a kind that can stand nowhere where the other stood. */
function isBad(key, before, value) {
  if (value === undefined || value === null || unions.test(key)) return false; // left out, perhaps
  if (kindOf(before) !== undefined)
    return types.isProxy(value) ? false : !Array.isArray(value) && !ArrayBuffer.isView(value);
  if (['number', 'string', 'boolean', 'function'].includes(typeof before)) return typeof value !== typeof before;
  return false;
}
