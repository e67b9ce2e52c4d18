#!/usr/bin/env bash
# compile-change.sh FILE...: what `npm run test:native` would say of these files of test/native, and `npm run typecheck` of src/, in
# a copy of the sources to which a page's diffs are applied. Core, layers, executor and reference are compiled, without optimising,
# and no other backend: a few seconds of each core.
set -euo pipefail
repository=$(cd "$DOCS_TESTS/../../.." && pwd)
ln -sfn "$repository/node_modules" node_modules
cp "$repository"/tsconfig*.json .
node_modules/.bin/tsc -p tsconfig.build.json --noEmit
out=$(mktemp -d -p .)
printf '%s\n' native/core/*.cpp native/executor/*.cpp native/layers/*/*.cpp native/reference/*.cpp test/native/{main,students}.cpp "${@/#/test/native/}" test/native/no_gpu.cpp |
  xargs -P "$(nproc)" -I {} sh -c 'c++ -std=c++20 -Wall -Wextra -Werror -Inative -Itest/native -c {} -o '"$out"'/object$(echo {} | tr / _).o'
c++ "$out"/*.o -o "$out/tests"
"$out/tests"
