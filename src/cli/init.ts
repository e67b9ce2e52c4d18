import { access } from 'node:fs/promises';
import { basename, delimiter, dirname, relative } from 'node:path';
import { quote } from '../arguments.js';
import { EigenstudentError } from '../errors.js';
import { writeAtomically } from '../files/atomic-write.js';
import { parseProtocol } from '../protocol/protocol.js';
import { makeFolder } from '../runs/make-folder.js';
import { experimentOf } from '../sweep/experiment.js';
import { type ExitCode, exitCodes, type Session } from './session.js';

export async function init(
  path: string,
  { force = false, experiment }: { readonly force?: boolean; readonly experiment?: string },
  session: Session,
): Promise<ExitCode> {
  if (!force && (await exists(path))) {
    throw new EigenstudentError(
      'invalid_argument',
      `expected a file that is not there yet, received ${path}, which is. Give another name, or --force to replace it`,
    );
  }
  const { template } = experimentOf({ experiment });
  parseProtocol(template, path); // A template that the schema refuses must not be written.
  await makeFolder(dirname(path));
  await writeAtomically(path, template);
  session.print({ file: path }, `${path}\nNow: ${calledAs()} train ${quote(path)}`);
  return exitCodes.done;
}

/** How the user called this program, without its arguments: through npx, npm run, node, a path or the PATH. */
function calledAs(): string {
  const { npm_command: npmCommand, npm_lifecycle_event: npmScript, PATH = '' } = process.env;
  const file = process.argv[1] ?? '';
  const relativeFile = quote(relative('', file));
  if (basename(file) === 'main.js') {
    return npmScript === 'eigenstudent' ? 'npm run --silent eigenstudent --' : `node ${relativeFile}`;
  }
  if (basename(file) !== 'eigenstudent') return 'eigenstudent'; // Another program calls the function `run`.
  if (npmCommand === 'exec') return 'npx eigenstudent';
  return PATH.split(delimiter).includes(dirname(file)) ? 'eigenstudent' : relativeFile;
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
