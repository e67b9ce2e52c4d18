import { ownPackage } from '../native/own-package.js';

interface Versions {
  readonly eigenstudent: string;
  readonly node: string;
}

/** Versions of the software, for a record. */
export function versions(): Versions {
  return { eigenstudent: ownPackage().version, node: process.versions.node };
}
