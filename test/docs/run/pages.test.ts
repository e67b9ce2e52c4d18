import { changesCode, runPages } from './run-pages.js';

runPages((page) => !changesCode(page));
