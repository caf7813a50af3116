#!/usr/bin/env bash
# Every check and benchmark that needs a GPU, in one go. Results go to the folder given, or to benchmarks/results.
set -euo pipefail
cd "$(dirname "$0")/.."
out=${1:-benchmarks/results}
export PYTHONPATH="src:benchmarks${PYTHONPATH:+:$PYTHONPATH}" PYTHONUNBUFFERED=1

python3 -m pytest tests/gpu -p no:cacheprovider
python3 benchmarks/gpu_training.py --out "$out/gpu-training.json"
