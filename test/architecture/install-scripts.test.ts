/** onnxruntime-node (tests only): its postinstall would download CUDA libraries, hundreds of MB, on Linux. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as { allowScripts: object };
const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
  packages: Record<string, { hasInstallScript?: boolean }>;
};

it('refuses the postinstall of onnxruntime-node in package.json, which newer versions of npm read', () => {
  expect(manifest.allowScripts).toEqual({ 'onnxruntime-node': false });
});

it('lists onnxruntime-node without an install script in package-lock.json, which every version of npm reads', () => {
  expect(lock.packages['node_modules/onnxruntime-node']).toBeDefined();
  expect(lock.packages['node_modules/onnxruntime-node']?.hasInstallScript).toBeUndefined();
});
