#!/usr/bin/env node
import { closeSync, openSync } from 'node:fs';
import { devNull } from 'node:os';
import { isatty } from 'node:tty';
import { run } from './program.js';
import { exitCodes } from './session.js';

const { stdout, stderr } = process;

// The reader of the output may close it, as `head` does (EPIPE), and a terminal may be closed (EIO). The work continues
// with its exit status; only the output ends. Standard error never has the result: an error there does not end the
// work.
const closedCodes = ['EPIPE', 'EIO'];
let lost: NodeJS.ErrnoException | undefined;
stderr.on('error', () => undefined);
stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (lost || closedCodes.includes(error.code ?? '')) return;
  lost = error; // On a full disk the result is truncated: the exit status must report it.
  process.exitCode = process.exitCode || exitCodes.failed;
  stderr.write(`error: cannot write the answer to standard output: ${error.message}\n`);
});

// At its end Node restores the settings of a terminal, and aborts where that fails, as for a closed terminal.
const terminals = [0, 1, 2].filter((descriptor) => isatty(descriptor));
process.on('exit', () => {
  for (const descriptor of terminals) {
    if (isatty(descriptor)) continue;
    closeSync(descriptor);
    openSync(devNull, 'r+'); // The new descriptor takes the closed one's number.
  }
});

const exitCode = await run(process.argv.slice(2), { stdout, stderr });
process.exitCode = exitCode === exitCodes.done && lost ? exitCodes.failed : exitCode;
if (exitCode === exitCodes.interrupted || exitCode === exitCodes.hungUp) {
  // At a regular end Node removes its signal handlers first: a late signal would change the exit status.
  for (const stream of [stdout, stderr]) await new Promise((resolve) => stream.write('', resolve));
  process.exit();
}
