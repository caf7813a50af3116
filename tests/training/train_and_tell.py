"""A program that trains and prints each step, for tests that kill it.

Usage: train_and_tell.py FOLDER CHECKPOINT_SECONDS [--resume]
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from training.runs import FULL, THOROUGH, Steps, train

COUNT = 300


class Teller(Steps):
    """Prints at once what it hears."""

    def on_train_begin(self, documents: int, done: int) -> None:
        print("started", documents, done, flush=True)

    def count_step(self, documents: int, loss: float) -> None:
        self.steps += 1
        print("step", self.steps, flush=True)

    def on_message(self, message: str) -> None:
        print("said", message, flush=True)


if __name__ == "__main__":
    fitted = train(
        Path(sys.argv[1]),
        count=COUNT,
        network=FULL,
        training=THOROUGH,
        checkpoint_seconds=float(sys.argv[2]),
        resume="--resume" in sys.argv,
        callbacks=[Teller()],
    )
    print("interrupted" if fitted.outcome.interrupted else "finished", fitted.outcome.steps, flush=True)
