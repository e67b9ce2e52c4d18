#!/usr/bin/env bash
# clang-tidy over native/ (.clang-tidy says which checks). Headers are checked through the sources that include them
# (HeaderFilterRegex). Instruction-set files are left to the compilers: clang-tidy would need each one's flags, and they hold
# arithmetic only.
set -euo pipefail
cd "$(dirname "$0")/.."

addon_api=$(node -p "require('node-addon-api').include_dir")
headers=$(node -p "require('node-api-headers').include_dir")
git ls-files 'native/core/*.cpp' 'native/layers/*.cpp' 'native/reference/*.cpp' 'native/cpu/*.cpp' 'native/cuda/*.cpp' \
  'native/addon/*.cpp' |
  grep -v '^native/cpu/isa/' |
  xargs -P "$(nproc)" -I {} clang-tidy --quiet {} -- \
    -std=c++20 -Inative -isystem "$addon_api" -isystem "$headers" -DNAPI_VERSION=8 -fexceptions \
    2> >(grep -vE '^[0-9]+ warnings? (and [0-9]+ errors? )?generated' >&2)
