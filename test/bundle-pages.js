import { fileURLToPath } from 'node:url';
import { bundlePages } from '../scripts/bundle-pages.js';

/** Before all tests: modules in src/ read the scripts of pages from dist/, where older ones may lie. */
export const setup = () => bundlePages(fileURLToPath(new URL('../dist', import.meta.url)));
