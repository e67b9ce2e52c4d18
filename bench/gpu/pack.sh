#!/usr/bin/env bash
# Packs what a bare GPU host lacks (it has a CUDA toolkit, CMake, a C++ compiler, PyTorch and JAX, but no Node and no
# network) into one folder that travels with the checkout:
#
#   bench/gpu/pack.sh [FOLDER]        from the project's root; default .gpu-host, which git ignores
#
# node, the packages that tests and benchmarks need, the compiled TypeScript (dist, build-bench-gpu) and the commit.
# On the host, from the root of the checkout: FOLDER in place, then bench/gpu/run.sh [FOLDER].
set -euo pipefail
cd "$(dirname "$0")/../.."
dir=${1:-.gpu-host}
mkdir -p "$dir"

npm run --silent build
npx tsc -p bench/gpu/tsconfig.json

[[ -s $dir/node.xz ]] || xz -T0 -6 -c "$(readlink -f "$(command -v node)")" >"$dir/node.xz"

# Every package that one of the arguments needs, itself included. Drawing (vega, resvg) stays behind: nothing here draws.
node - node-addon-api node-api-headers vitest commander yaml zod cli-progress cli-table3 fastest-levenshtein ml-levenberg-marquardt ml-matrix \
  yauzl csv-parse hyparquet hyparquet-compressors protobufjs \
  >"$dir/packages.txt" <<'JS'
const { existsSync, readFileSync } = require('node:fs');
const seen = new Set();
function visit(name) {
  const folder = `node_modules/${name}`;
  if (seen.has(name) || !existsSync(`${folder}/package.json`)) return;
  seen.add(name);
  const { dependencies, optionalDependencies, peerDependencies } = JSON.parse(readFileSync(`${folder}/package.json`));
  Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies }).forEach(visit);
}
process.argv.slice(2).forEach(visit);
console.log([...seen].map((name) => `node_modules/${name}`).join('\n'));
JS
tar cJf "$dir/packages.tar.xz" --exclude='*.map' --exclude='*.md' -T "$dir/packages.txt" dist build-bench-gpu

commit=$(git rev-parse --short HEAD)
[[ -z $(git status --porcelain --untracked-files=no) ]] || commit=$commit-changed
echo "$commit" >"$dir/commit.txt"
du -sh "$dir"
