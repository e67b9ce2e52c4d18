import { access } from 'node:fs/promises';
import { dirname } from 'node:path';
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
  parseProtocol(template, path); // a template that the schema refuses must not be written
  await makeFolder(dirname(path));
  await writeAtomically(path, template);
  session.answer({ file: path }, `${path}\nNow: eigenstudent train ${path}`);
  return exitCodes.done;
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
