import { ownPackage } from '../native/own-package.js';

interface Versions {
  readonly eigenstudent: string;
  readonly node: string;
}

/** What a record says of the software that made it. */
export function versions(): Versions {
  return { eigenstudent: ownPackage().version, node: process.versions.node };
}
