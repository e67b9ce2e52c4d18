#!/usr/bin/env bash
# Everything that only a GPU can show, in one command and under 9 minutes: builds, runs every GPU test, compute-sanitizer on
# the small ones, every GPU benchmark and its peers; writes bench/results/<card>-<commit>.json and prints a table last.
#
#   bench/gpu/run.sh [FOLDER]      FOLDER: what bench/gpu/pack.sh made (.gpu-host); not needed where node_modules is
#
# Logs, rows and what the peers say stay in build-gpu/out. Where OUT names a folder, it gets the few files that matter,
# whatever happens: the results, ours.jsonl, machine.json, and all logs in log.txt. Exit code 0 only when every test passed
# and every benchmark ran; results are written in any case.
# EIGENSTUDENT_DRY_RUN=1 tries the script on a machine without a GPU: builds, runs the tests on the emulated device, and the
# benchmarks on the CPU with a few small students; its results are not written to bench/results. What needs a GPU, or a peer's
# library that is not there, is named and left out.
set -uo pipefail
cd "$(dirname "$0")/../.."
packed=${1:-.gpu-host}
build=build-gpu
out=$build/out
dry=${EIGENSTUDENT_DRY_RUN:-}
most_seconds=530
rm -rf "$out"
mkdir -p "$out" "$build/bin"
failures=() steps=0 commit=unknown problems=$(mktemp -d)

# What travels back from a machine that is lent: few files, because their number may be limited.
deliver() {
  rm -rf "$problems"
  [[ ${OUT:-} ]] || return 0
  mkdir -p "$OUT"
  cp "$out"/ours.jsonl "$out"/machine.json "$out"/results/*.json "$OUT"/ 2>/dev/null
  for log in "$out"/*.log; do
    printf '##### %s\n' "${log##*/}"
    tail -n 2000 "$log"
  done >"$OUT/log.txt" 2>/dev/null
}
trap deliver EXIT

# step SECONDS NAME COMMAND...: runs on after a failure, so that one run shows all there is to fix; in the time that is
# left, if that is less.
step() {
  local limit=$1 name=$2 start=$SECONDS status=0 log
  shift 2
  ((limit < most_seconds - SECONDS)) || limit=$((most_seconds - SECONDS))
  [[ $dry ]] && limit=3600 # a machine without a GPU may be a small one
  if ((limit < 10)); then
    printf '=== %s: SKIPPED after %d s\n' "$name" "$SECONDS"
    failures+=("$name (no time left)")
    return 0
  fi
  ((++steps))
  log=$out/$(printf '%02d' "$steps")-${name//[^a-zA-Z0-9]/-}.log
  printf '=== %s\n' "$name"
  timeout --kill-after=5 "$limit" "$@" >"$log" 2>&1 || status=$?
  tail -n 4 "$log"
  printf '=== %s: %s in %d s, %d s in all\n' "$name" "$( ((status)) && echo "FAILED ($status)" || echo ok)" \
    $((SECONDS - start)) "$SECONDS"
  ((status)) && failures+=("$name")
  return 0
}

# gpu_step, as step: named and left out where there is no GPU to try it on. peer_step MODULE SECONDS NAME COMMAND...: the same
# for a peer whose library a machine for trying lacks; with a GPU that is a failure.
left_out() { printf '=== %s: left out, %s\n' "$1" "$2"; }
gpu_step() { if [[ $dry ]]; then left_out "$2" 'it needs a GPU'; else step "$@"; fi; }
peer_step() {
  local module=$1
  shift
  if [[ $dry ]] && ! python3 -c "import $module" 2>/dev/null; then
    left_out "$2" "there is no $module for Python here"
  else
    step "$@"
  fi
}

unpack() {
  [[ -f $packed/packages.tar.xz ]] || return 0
  if command -v xz >/dev/null; then
    xz -dc "$packed/node.xz" >"$build/bin/node" && tar xJf "$packed/packages.tar.xz"
  else
    python3 - "$packed" "$build/bin/node" <<'PY'
import lzma, shutil, sys, tarfile
packed, node = sys.argv[1:]
with lzma.open(f"{packed}/node.xz") as source, open(node, "wb") as target:
    shutil.copyfileobj(source, target)
with tarfile.open(f"{packed}/packages.tar.xz") as packages:
    packages.extractall()
PY
  fi && chmod +x "$build/bin/node"
}
unpack || { echo "cannot unpack $packed" >&2; exit 1; }
export PATH=$PWD/$build/bin:$PATH:/usr/local/cuda/bin
commit=$(cat "$packed/commit.txt" 2>/dev/null || git rev-parse --short HEAD)
for tool in node cmake python3; do
  command -v $tool >/dev/null || { echo "$tool is missing: on a host without it, pack first (bench/gpu/pack.sh)" >&2; exit 1; }
done

# ---- Build --------------------------------------------------------------------------------------------------------------
generator=$(command -v ninja >/dev/null && echo Ninja || echo 'Unix Makefiles')
cuda_targets=(eigenstudent-cuda)
architectures=native
[[ $dry ]] && cuda_targets=() architectures=90-real
step 60 'configure' cmake -S . -B $build/cmake -G "$generator" -DCMAKE_CUDA_ARCHITECTURES=$architectures \
  -DES_CUDA="$([[ $dry ]] && echo OFF || echo ON)"
step 240 'build' cmake --build $build/cmake --parallel "$(nproc)" --target eigenstudent contract_tests \
  eigenstudent-cuda-emulated "${cuda_targets[@]}"
export EIGENSTUDENT_NATIVE=$PWD/$build/cmake/Release/eigenstudent.node
export EIGENSTUDENT_CUDA=$PWD/$build/cmake/Release/libeigenstudent-cuda.so
[[ $dry ]] && EIGENSTUDENT_CUDA=$PWD/$build/cmake/Release/libeigenstudent-cuda-emulated.so
mkdir -p build-tests/Release
cp $build/cmake/Release/libeigenstudent-cuda-emulated.so build-tests/Release/ # where test/cuda looks for it
[[ $dry ]] || export EIGENSTUDENT_REQUIRE_GPU=1
step 20 'doctor' node dist/cli/main.js doctor

# ---- Tests --------------------------------------------------------------------------------------------------------------
contract=$build/cmake/contract_tests
only_gpu() { EIGENSTUDENT_CONTRACT=library "$contract" contract:; }
export -f only_gpu
export contract
step 120 'contract on the GPU' bash -c only_gpu
step 60 'TypeScript on the GPU' node node_modules/vitest/vitest.mjs run --project cuda test/cuda/gpu.test.ts \
  test/cuda/emulated.test.ts
sanitize() {
  EIGENSTUDENT_CONTRACT=library compute-sanitizer --tool "$1" --error-exitcode 9 "$contract" "$2"
}
export -f sanitize
# The students of these tests have 3 to 33 nodes: each path of the kernels, few launches. The one of the cluster has 1003 in
# a layer, odd and split over blocks.
gpu_step 45 'memcheck, training' bash -c "sanitize memcheck 'a student alone is the student among others'"
gpu_step 45 'memcheck, pruning' bash -c "sanitize memcheck 'a curve changes nothing'"
gpu_step 45 'memcheck, cluster' bash -c "sanitize memcheck 'a student that one block of a GPU cannot hold'"
gpu_step 45 'racecheck, cluster' bash -c "sanitize racecheck 'a student that one block of a GPU cannot hold'"
gpu_step 45 'racecheck, training' bash -c "sanitize racecheck 'a resumed student is the uninterrupted one'"

# ---- Benchmarks ---------------------------------------------------------------------------------------------------------
students=1000
widths=(200 1000 20)
seconds=4
measure_peak() {
  nvcc -O3 -arch=native bench/gpu/fma_peak.cu -o $build/fma_peak && $build/fma_peak >"$out/machine.json" &&
    cat "$out/machine.json"
}
if [[ $dry ]]; then
  students=4 widths=(20) seconds=0.2
  export EIGENSTUDENT_BENCH_DEVICE=cpu EIGENSTUDENT_BENCH_GRID='--widths 20 --trials 1'
  measure_peak() { echo '{"card": "none", "driver": "none", "cuda": "none", "teraflops": 0.1}' >"$out/machine.json"; }
fi
export -f measure_peak
export out build
step 60 'peak' bash -c measure_peak
peak=$(node -p "JSON.parse(require('node:fs').readFileSync('$out/machine.json', 'utf8')).teraflops" 2>/dev/null || echo NaN)

# population WIDTH PARAMETRIZATION: ours, with the problem left for the peers.
population() {
  node build-bench-gpu/population.js "$1" "$2" $students $seconds "$peak" "$problems/$2-$1.safetensors" >>"$out/ours.jsonl"
}
# peer NAME WIDTH SCRIPT OPTIONS...
peer() {
  local file=$out/population-$students-spectral-h$2.$1.json problem=$problems/spectral-$2.safetensors
  python3 "bench/peers/$3" --problem "$problem" --seconds $seconds --device "$([[ $dry ]] && echo cpu || echo gpu)" \
    "${@:4}" >"$file"
}
export -f population peer
export students seconds peak problems dry
export XLA_PYTHON_CLIENT_PREALLOCATE=false
step 20 'peers compile' python3 -m py_compile bench/peers/gpu_problem.py bench/peers/*_gpu.py
for width in "${widths[@]}"; do
  step 60 "population h$width" bash -c "population $width spectral"
  peer_step jax 60 "jax h$width" bash -c "peer jax $width jax_gpu.py"
  peer_step torch 45 "torch graphs h$width" bash -c "peer torchGraphs $width torch_gpu.py --method graphs"
  peer_step torch 30 "torch eager h$width" bash -c "peer torch $width torch_gpu.py --method eager --students 1"
done
step 60 "population direct h${widths[0]}" bash -c "population ${widths[0]} direct"
gpu_step 40 'wide student and layers' bash -c "node build-bench-gpu/wide.js 3 $peak >>'$out/ours.jsonl'"
grid_limit=$((most_seconds - SECONDS < 200 ? most_seconds - SECONDS : 200))
[[ $dry ]] && grid_limit=600
step "$grid_limit" "the paper's grid" \
  bash -c "node build-bench-gpu/grid.js dist/cli/main.js '$problems' $((grid_limit * 3 / 4)) >>'$out/ours.jsonl'"

# ---- Results ------------------------------------------------------------------------------------------------------------
node build-bench-gpu/results.js "$out" "$out/results" "$commit" || failures+=('results')
[[ $dry ]] || cp "$out"/results/*.json bench/results/
if ((${#failures[@]})); then
  printf 'FAILED: %s\n' "${failures[@]}"
  exit 1
fi
echo "everything ok in $SECONDS s"
