#!/usr/bin/env bash
# try-experiment.sh ARGUMENTS...: `eigenstudent ARGUMENTS` of a copy of the sources to which a page's diffs are applied, built on
# the first call. The addon is the repository's own.
set -euo pipefail
repository=$(cd "$DOCS_TESTS/../../.." && pwd)
if [ ! -e dist ]; then
  ln -sfn "$repository/node_modules" node_modules
  cp "$repository"/{package.json,rolldown.config.js,tsconfig*.json} .
  cp -r "$repository/scripts" .
  mkdir -p build/Release && ln -sfn "$repository/build/Release/eigenstudent.node" build/Release/eigenstudent.node
  node scripts/build.js >&2
fi
node dist/cli/main.js "$@"
