#!/usr/bin/env node
import { run } from './program.js';

// Whoever read our output may leave, as `head` does. The work goes on, and so does its exit status; only telling ends.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

process.exitCode = await run(process.argv.slice(2), { stdout: process.stdout, stderr: process.stderr });
