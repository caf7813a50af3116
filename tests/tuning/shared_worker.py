"""A process of a shared study that prints what it does, for a test that kills one.

Usage: shared_worker.py FOLDER DATABASE TRIALS
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tuning.study_and_tell import Teller
from tuning.test_shared_study import SLOW, shared_study

if __name__ == "__main__":
    folder, database, trials = sys.argv[1:]
    tuned = shared_study(Path(folder), Path(database), trials=int(trials), callback=Teller(), shared=SLOW)
    assert tuned.best is not None
    print("best", tuned.best.number, tuned.best.log_loss, tuned.elsewhere or "here", flush=True)
