/** What a user writes, three ways. Each trains a student for an epoch and says which addon it did that with. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './projects.js';

const names = 'adam, Dataset, dense, Population, pruningCurve, spectral, train';

const body = `
async function main() {
  const inputs = Float64Array.from({ length: 60 }, (_, i) => Math.sin(i));
  const targets = Float64Array.from({ length: 20 }, (_, i) => Math.cos(i));
  const data = Dataset.create({ inputs, inputCount: 3, targets });
  const students = Population.create([
    {
      layers: [spectral(5, { activation: 'relu' }), dense(1)],
      data,
      optimizer: adam({ learningRate: 1e-2 }),
      batchSize: 5,
      epochs: 1,
      seed: 1,
    },
  ]);
  let epoch = 0;
  for await (const report of train(students, { every: 1 })) epoch = report.epoch;
  const { losses } = await pruningCurve(students.at(0), data);
  students.dispose();
  // the path of the library that the process has really loaded
  const { sharedObjects } = process.report.getReport()REPORT;
  const addon = sharedObjects.find((file) => /eigenstudent[^/]*\\.node$/.test(file));
  console.log(JSON.stringify({ epoch, losses: losses.length, addon }));
}
main();
`;

const javascript = body.replace('REPORT', '');

/** Files of a project that has the package installed. */
export function writeConsumers(project: string): void {
  const write = (name: string, text: string) => writeFileSync(path.join(project, name), text);
  write('module.mjs', `import { ${names} } from 'eigenstudent';\n${javascript}`);
  write('common.cjs', `const { ${names} } = require('eigenstudent');\n${javascript}`);
  write(
    'typed.mts',
    `import { ${names}, type PruningCurve, type TrainReport } from 'eigenstudent';
export type Used = [PruningCurve, TrainReport];
${body.replace('REPORT', ' as { sharedObjects: string[] }')}`,
  );
  const options = {
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    target: 'es2023',
    module: 'nodenext',
    types: ['node'],
    typeRoots: [path.join(root, 'node_modules/@types')],
  };
  write('tsconfig.json', JSON.stringify({ compilerOptions: options, files: ['typed.mts'] }));
}

/** The files to run; typed.mjs comes from the compiler. */
export const consumers = ['module.mjs', 'common.cjs', 'typed.mjs'] as const;
