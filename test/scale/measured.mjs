// Runs the command with these arguments and writes, as the last line of standard error, what that took.
import { run } from '../../dist/cli/program.js';

process.exitCode = await run(process.argv.slice(2), { stdout: process.stdout, stderr: process.stderr });
const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
const processor = (userCPUTime + systemCPUTime) / 1e6;
process.stderr.write(`\n${JSON.stringify({ seconds: process.uptime(), processor, mebibytes: maxRSS / 1024 })}\n`);
