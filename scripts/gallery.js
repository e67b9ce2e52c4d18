// npm run gallery: every figure of the report into docs/gallery, from the records in test/fixtures/gallery. Nothing is trained.
// The records are of a real run: `eigenstudent sweep test/fixtures/gallery/protocol.yaml --out DIR`, a minute and a half on one core.
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import '../dist/experiments/index.js';
import { writeReport } from '../dist/report/write-report.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const gallery = path.join(root, 'docs', 'gallery');
const run = mkdtempSync(path.join(tmpdir(), 'eigenstudent-gallery-'));
try {
  cpSync(path.join(root, 'test', 'fixtures', 'gallery'), run, { recursive: true });
  const files = await writeReport(run);
  rmSync(gallery, { recursive: true, force: true });
  mkdirSync(gallery, { recursive: true });
  for (const file of files) {
    cpSync(file, path.join(gallery, path.basename(file)));
    console.log(path.relative(root, path.join(gallery, path.basename(file))));
  }
} finally {
  rmSync(run, { recursive: true, force: true });
}
