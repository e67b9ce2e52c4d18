#!/usr/bin/env bash
# some-native-tests.sh FILE...: what `npm run test:native` would say of these files of test/native, in a copy of the sources to
# which a page's diffs are applied. Core, layers, reference and the kernels of every instruction set are compiled, without
# optimising, and nothing else: half a minute of one core instead of minutes of all.
set -euo pipefail
c++() { command c++ -std=c++20 -Wall -Wextra -Werror -Inative -Itest/native "$@"; }
out=$(mktemp -d -p .)
c++ -c native/cpu/isa/plain.cpp -o "$out/plain.o"
if [[ $(uname -m) == x86_64 ]]; then
  c++ -mavx2 -mfma -c native/cpu/isa/avx2.cpp -o "$out/avx2.o"
  c++ -mavx512f -mavx512vl -mavx512dq -mavx512bw -mavx2 -mfma -c native/cpu/isa/avx512.cpp -o "$out/avx512.o"
fi
c++ native/core/*.cpp native/executor/*.cpp native/layers/*/*.cpp native/reference/*.cpp native/cpu/isa.cpp test/native/{main,students,subject}.cpp \
  "${@/#/test/native/}" test/native/no_gpu.cpp "$out"/*.o -o "$out/tests"
"$out/tests"
