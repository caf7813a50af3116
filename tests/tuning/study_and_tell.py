"""A program that tunes and prints each step, for tests that kill it.

Usage: study_and_tell.py FOLDER TRIALS [--resume]
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tuning.studies import Ears, study

from recurra.tuning.results import TrialResult


class Teller(Ears):
    """Prints at once what it hears."""

    def on_trial_begin(self, number: int) -> None:
        print("began", number, flush=True)

    def on_steps_end(self) -> None:
        print("step", flush=True)

    def on_trial_end(self, trial: TrialResult, *, is_best: bool) -> None:
        print("ended", trial.number, flush=True)


if __name__ == "__main__":
    tuned = study(Path(sys.argv[1]), trials=int(sys.argv[2]), resume="--resume" in sys.argv, callback=Teller())
    print("interrupted" if tuned.interrupted else "finished", len(tuned.trials), flush=True)
