import path from 'node:path';

/** Writes the scripts of the pages below `folder`, which is dist/. */
export async function bundlePages(folder) {
  // Not at the top of the file: without development dependencies there is none, and build.js says so.
  const { rolldown } = await import('rolldown');
  const { pages } = await import('../rolldown.config.js');
  for (const { output, ...input } of pages) {
    const bundled = await rolldown(input);
    await bundled.write({ ...output, file: path.join(folder, output.file) });
    await bundled.close();
  }
}
