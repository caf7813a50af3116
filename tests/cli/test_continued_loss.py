"""What is said of a continued training whose loss on held-out rows was lower before its end."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from commands import Run
from estimator.small_classifier import TEXTS, TOPICS, network

from recurra import TextClassifier
from recurra.training.callbacks import History, ValidationMetrics
from recurra.training.ending import lower_loss_before
from recurra.training.loop import Outcome

WRONG = [sorted(set(TOPICS))[sorted(set(TOPICS)).index(topic) - 1] for topic in TOPICS]


@pytest.fixture(scope="module")
def fitted() -> TextClassifier:
    return network().fit(TEXTS, TOPICS)


def outcome(losses: list[float], **changes: Any) -> Outcome:
    """Of a training with these losses after its epochs, and a look within the first."""
    looks = [ValidationMetrics(0.2, 0.01, 0.5), *(ValidationMetrics(1.0 + n, one, 0.5) for n, one in enumerate(losses))]
    ended = {"interrupted": False, "time_is_up": False, "best_epoch": 0, "epochs": len(losses), **changes}
    return Outcome(History([], looks), 9, 9, 1.0, failure=None, **ended)


def test_the_epoch_of_the_lowest_loss_is_named() -> None:
    assert lower_loss_before(outcome([0.6, 0.5, 0.46, 0.447, 0.5, 0.563])) == (
        "The lowest loss on held-out rows was 0.447 after epoch 4; the weights kept, of epoch 6, have 0.563. "
        "--set patience=4 keeps the best epoch's."
    )
    # From epoch 1 to 7 it takes a patience of 6.
    assert "--set patience=6 keeps" in lower_loss_before(outcome([0.5, 0.6, 0.6, 0.6, 0.6, 0.6, 0.4, 0.5]))


@pytest.mark.parametrize(
    "quiet",
    [
        outcome([0.5, 0.4, 0.3]),
        outcome([0.5, 0.400, 0.419]),
        outcome([0.05, 0.001, 0.009]),
        outcome([0.5, 0.4, 0.6], best_epoch=2),
        outcome([0.5, 0.4, 0.6], time_is_up=True),
        Outcome(History(), 9, 9, 1.0, 3, 0, interrupted=False, time_is_up=False, failure=None),
    ],
    ids=["falls", "hardly", "tiny", "kept", "time", "none held out"],
)
def test_nothing_is_said_where_it_is_not_clearly_higher(quiet: Outcome) -> None:
    assert lower_loss_before(quiet) == ""


# Its texts have labels that are not theirs.
@pytest.mark.filterwarnings("ignore:The recurrent network learned next to nothing")
def test_fit_warns_where_it_goes_on_and_not_where_it_begins(fitted: TextClassifier) -> None:
    others = [f"{text} indeed" for text in TEXTS]
    said = r"^The lowest loss on held-out rows was \d\.\d{3} after epoch 1; the weights kept, of epoch 4, have "
    with pytest.warns(UserWarning, match=said):
        network(epochs=4, options=None).fit(TEXTS, WRONG, initial=fitted, validation_data=(others, TOPICS))
    # Warnings are errors here.
    network(epochs=4).fit(TEXTS, WRONG, validation_data=(others, TOPICS))
    network(epochs=4, options={"patience": 4}).fit(TEXTS, WRONG, initial=fitted, validation_data=(others, TOPICS))


def test_the_command_says_so_too(run: Run, fitted: TextClassifier) -> None:
    fitted.save("old.safetensors")
    for name, labels in (("wrong.csv", WRONG), ("right.csv", TOPICS)):
        pd.DataFrame({"text": TEXTS, "label": labels}).to_csv(name, index=False)
    words = ["--from", "old.safetensors", "--validation", "right.csv", "--out", "run", "--epochs", 4, "--no-baseline"]
    ran = run("train", "wrong.csv", *words, "--learning-rate", "0.05")
    assert "The lowest loss on held-out rows was " in " ".join((ran.out + ran.err).split())
