"""A process of a shared study that prints what it does, for a test that kills one.

Usage: shared_worker.py FOLDER DATABASE TRIALS [--waits]

With --waits it stays in its first step, and so in its first trial, until it is killed.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tuning.study_and_tell import Teller
from tuning.test_shared_study import SLOW, shared_study


class Waiting(Teller):
    """Tells its first step, and makes no other."""

    def on_steps_end(self) -> None:
        super().on_steps_end()
        time.sleep(600)


if __name__ == "__main__":
    folder, database, trials = sys.argv[1:4]
    teller = Waiting() if "--waits" in sys.argv else Teller()
    tuned = shared_study(Path(folder), Path(database), trials=int(trials), callback=teller, shared=SLOW)
    assert tuned.best is not None
    print("best", tuned.best.number, tuned.best.log_loss, tuned.elsewhere or "here", flush=True)
