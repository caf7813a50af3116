"""Runs one of the programs beside it: ``python run.py PROGRAM JOB OPTIONS``.

JOB is the job's folder and OPTIONS a JSON object: a way of doing the job, out of several that are tried.
"""

import importlib
import json
import sys
from pathlib import Path

if __name__ == "__main__":
    # The folder of a script heads the path. Its parent at the end lets the programs import each other as a package,
    # and hides no module of the interpreter's own.
    sys.path[0:1] = []
    sys.path.append(str(Path(__file__).resolve().parents[1]))
    program, folder, options = sys.argv[1:]
    protocol = importlib.import_module("peers.protocol")
    job = importlib.import_module("peers.job")
    protocol.serve(
        lambda: importlib.import_module(f"peers.{program}").prepare(job.Job.read(Path(folder)), json.loads(options))
    )
