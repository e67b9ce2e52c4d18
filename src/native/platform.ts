/** Which prebuilt package fits this machine. */
import { readFileSync } from 'node:fs';

/** `eigenstudent-<platform>-<arch>-<abi>`, as @napi-rs/cli names platform packages. */
export function platformPackage(name: string): string {
  return [name, process.platform, process.arch, ...abi()].join('-');
}

function abi(): string[] {
  if (process.platform === 'win32') return ['msvc'];
  return process.platform === 'linux' ? [isMusl() ? 'musl' : 'gnu'] : [];
}

/** Two checks, because `ldd` is not everywhere and the report is slow. */
function isMusl(): boolean {
  try {
    return readFileSync('/usr/bin/ldd', 'latin1').includes('musl');
  } catch {
    const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
    return !report.header?.glibcVersionRuntime;
  }
}
