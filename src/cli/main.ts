#!/usr/bin/env node
import { closeSync, openSync } from 'node:fs';
import { devNull } from 'node:os';
import { isatty } from 'node:tty';
import { run } from './program.js';
import { exitCodes } from './session.js';

const { stdout, stderr } = process;

// Who reads our output may leave, as `head` does (EPIPE), and a terminal may be closed (EIO). The work goes on, and so does its
// exit status; only the output ends. What is written to standard error is never the answer: no fault there ends the work.
const gone = ['EPIPE', 'EIO'];
let lost: NodeJS.ErrnoException | undefined;
stderr.on('error', () => undefined);
stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (lost || gone.includes(error.code ?? '')) return;
  lost = error; // an answer on a full disk is cut short: its reader must learn of it
  process.exitCode = process.exitCode || exitCodes.failed;
  stderr.write(`error: cannot write the answer to standard output: ${error.message}\n`);
});

// At its end Node gives a terminal its settings back, and aborts where that fails, as it does for one that was closed.
const terminals = [0, 1, 2].filter((descriptor) => isatty(descriptor));
process.on('exit', () => {
  for (const descriptor of terminals) {
    if (isatty(descriptor)) continue;
    closeSync(descriptor);
    openSync(devNull, 'r+'); // takes the number that fell free
  }
});

const exitCode = await run(process.argv.slice(2), { stdout, stderr });
process.exitCode = exitCode === exitCodes.done && lost ? exitCodes.failed : exitCode;
if (exitCode === exitCodes.interrupted || exitCode === exitCodes.hungUp) {
  // Left to end by itself, Node takes its handlers of signals down first: a late one would decide how the process ends.
  for (const stream of [stdout, stderr]) await new Promise((resolve) => stream.write('', resolve));
  process.exit();
}
