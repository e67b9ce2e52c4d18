/** In a file of its own: compiling takes minutes, and the other pages run beside it. */
import { changesCode, runPages } from './run-pages.js';

runPages(changesCode);
