#!/usr/bin/env bash
# Every check and benchmark that needs a GPU, in one go. Each part runs even where one before it has failed; the end
# says which did. Results go to the folder given, or to benchmarks/results.
#
#   benchmarks/gpu.sh                                   # an hour on an H100, most of it choosing
#   DEVICE=cpu QUICK=1 benchmarks/gpu.sh /tmp/results   # tries every part out in minutes, on any machine
set -uo pipefail
cd "$(dirname "$0")/.."
out=${1:-benchmarks/results}
device=${DEVICE:-cuda}
python=${PYTHON:-python3}
export PYTHONPATH="src:benchmarks${PYTHONPATH:+:$PYTHONPATH}" PYTHONUNBUFFERED=1
mkdir -p "$out"

quick=() steps=() least=() shapes=()
if [ -n "${QUICK:-}" ]; then
  quick=(--take 600 --take-test 300 --seeds 1)
  steps=(--batches 64 --epochs 1)
  least=(--target 0.1 --margin 0)
  shapes=(--hidden 32 --steps 20 --batch 64 --repeats 2)
fi

failed=()
part() {
  local name=$1 began=$SECONDS
  shift
  echo "== $name: $*"
  if "$@"; then
    echo "== $name: done in $((SECONDS - began)) s"
  else
    echo "== $name: FAILED after $((SECONDS - began)) s"
    failed+=("$name")
  fi
}

part tests "$python" -m pytest tests/gpu -p no:cacheprovider
part recurrence "$python" benchmarks/compare.py recurrence --device "$device" "${shapes[@]}" --out "$out/gpu-recurrence.json"
part preprocessing "$python" benchmarks/preprocessing.py --out "$out/preprocessing.json"
part training "$python" benchmarks/gpu_training.py --device "$device" "${quick[@]}" "${steps[@]}" --out "$out/gpu-training.json"
part lesson "$python" benchmarks/gpu_lesson.py --device "$device" "${quick[@]}" --out "$out/gpu-lesson.json"
part seconds-to "$python" benchmarks/gpu_seconds_to.py --device "$device" "${quick[@]}" "${steps[@]}" "${least[@]}" --out "$out/gpu-seconds-to.json"
part speedrun "$python" benchmarks/speedrun/run.py --device "$device" "${quick[@]}" --out "$out/speedrun.json"

if [ ${#failed[@]} -gt 0 ]; then
  echo "== failed: ${failed[*]}"
  exit 1
fi
echo "== everything passed; results are in $out"
