"""What each part of the preset default is worth on files of one's own: every part taken out, on training rows.

    python benchmarks/own_files/ablation.py DATA_FOLDER --sets trec6 sst2 [--seeds 3]

Each set's folder has a train.csv with text and label. For each seed 15 % of its rows are kept for asking and default is
trained on the others; then branches with a part taken out are joined with the same network. Test rows are not read.
Results, a set at a time: benchmarks/results/own_files_ablation.json, accuracy and log loss of each variant, and the
difference to default with its standard error, from each asked row's own difference.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import numpy as np
import numpy.typing as npt
from torch import Tensor

import recurra
from recurra.data.split import hold_out
from recurra.evaluation.temperature import SOFTMAX, fit_temperature
from recurra.linear_branch import OpenDocuments
from recurra.models.network import Network
from recurra.presets import load_preset
from recurra.training import fit as training
from recurra.training.branch import BranchResult, BranchTraining
from recurra.training.callbacks import Callback
from recurra.training.held_out import logits
from recurra.training.prepare import TrainingData

RESULTS = Path(__file__).parents[1] / "results" / "own_files_ablation.json"
SHARE, SEED = 0.15, 777
# The package has a function of the second one's name.
LEARN, FUSE = (sys.modules[f"recurra.linear_branch.{name}"] for name in ("learn", "fuse"))


class Variant(NamedTuple):
    """The branch and its joining with a part taken out.

    Attributes:
        settings: of the branch, where they differ.
        power: of the log-count ratios, if not the default's.
        rule: whether the mixture may be a standard error worse than the best.
        repeats: whether held-out rows whose texts are learned from choose the mixture.
        all_rows: whether the branch learns from the held-out rows at the end.
    """

    settings: dict[str, Any] = {}  # noqa: RUF012
    power: float | None = None
    rule: bool = True
    repeats: bool = False
    all_rows: bool = True


DEFAULT = "default"
VARIANTS = {
    DEFAULT: Variant(),
    "without log-count ratios": Variant({"branch_penalty": 1 / 128}, power=0.0),
    "without the rule of one standard error": Variant(rule=False),
    "repeated texts choose": Variant(repeats=True),
    "the branch without the rows held out": Variant(all_rows=False),
    "without n-grams of two and more tokens": Variant({"ngrams": 1}),
    "n-grams of two tokens at most": Variant({"ngrams": 2}),
    "n-grams of every length penalised alike": Variant({"ngram_decay": 1.0}),
    "without subwords": Variant({"subwords": 0}),
    "without language models": Variant({"language_models": False}),
    "n-grams that occur once as well": Variant({"ngram_min_count": 1}),
}


class Recorded(BranchTraining):
    """Keeps what the variants need."""

    asked: tuple[str, ...] = ()
    seed = 0
    found: tuple[TrainingData, Tensor, Tensor, npt.NDArray[Any]] | None = None

    def finish(self, network: Network, held: Tensor, *, learned: Tensor) -> BranchResult:
        """See :class:`BranchTraining`."""
        prepared = self._prepared
        asked = logits(network, prepared.pipeline.encode(list(Recorded.asked)))
        Recorded.found = prepared, held, learned, asked.double().numpy()
        return super().finish(network, held, learned=learned)


def rows_of(path: Path) -> tuple[list[str], list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = [(row["text"], row["label"]) for row in csv.DictReader(file)]
    return [text for text, _ in rows], [label for _, label in rows]


def answers(variant: Variant) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """The branch's outputs for the asked rows, and those of network and branch together."""
    if Recorded.found is None:
        raise ValueError("Nothing was trained")
    prepared, held, learned, asked = Recorded.found
    tokens = prepared.pipeline.settings.tokens
    recipe = load_preset("default").with_tokens(tokens).with_options({**variant.settings, "seed": Recorded.seed})
    if variant.repeats:
        prepared = replace(prepared, new=np.arange(len(held)))
    as_good = FUSE._as_good if variant.rule else lambda differences: bool(differences.mean() <= 0)
    power = LEARN.POWER if variant.power is None else variant.power
    with mock.patch.object(LEARN, "POWER", power), mock.patch.object(FUSE, "_as_good", as_good):
        joined = BranchTraining(prepared, recipe, SOFTMAX, callbacks=Callback())
        factors, _ = joined._factors(held, learned)
        branch = joined._final() if variant.all_rows else joined._alone
    outputs = branch.logits(OpenDocuments.of(prepared.pipeline, list(Recorded.asked)))
    return outputs, factors.network * asked + factors.branch * outputs


def measured(path: Path, seed: int) -> dict[str, tuple[npt.NDArray[Any], npt.NDArray[Any]]]:
    """Of each variant, whether each asked row is right, and its log loss."""
    texts, labels = rows_of(path)
    kept, asked = hold_out(labels, share=SHARE, seed=SEED + seed)
    Recorded.asked, Recorded.seed = tuple(texts[row] for row in asked), seed
    with mock.patch.object(training, "BranchTraining", Recorded):
        model = recurra.TextClassifier(random_state=seed).fit(
            [texts[row] for row in kept], [labels[row] for row in kept]
        )
    targets = np.array([list(model.classes_).index(labels[row]) for row in asked])
    if Recorded.found is None:
        raise ValueError("Nothing was trained")
    outputs = {}
    for name, variant in VARIANTS.items():
        by_characters = Recorded.found[0].pipeline.settings.tokens == "characters"
        if ("subwords" if by_characters else "ngram_min_count") in variant.settings:
            continue
        branch, both = answers(variant)
        outputs[name] = both
        if name == DEFAULT:
            for one, some in (("the network alone", Recorded.found[3]), ("the branch alone", branch)):
                outputs[one] = some / fit_temperature(some, targets)
    return {
        name: ((some.argmax(axis=1) == targets).astype(float), SOFTMAX.losses(some, targets))
        for name, some in outputs.items()
    }


def summary(runs: list[dict[str, tuple[npt.NDArray[Any], npt.NDArray[Any]]]]) -> dict[str, Any]:
    """Means over all seeds, and differences to default with their standard errors."""
    joined = {
        name: [np.concatenate(parts) for parts in zip(*(run[name] for run in runs), strict=True)] for name in runs[0]
    }
    found = {}
    for name, (right, losses) in joined.items():
        found[name] = {"accuracy": float(right.mean()), "log_loss": float(losses.mean())}
        for key, own, other in (("accuracy", right, joined[DEFAULT][0]), ("log_loss", losses, joined[DEFAULT][1])):
            found[name][f"{key}_difference"] = float((own - other).mean())
            found[name][f"{key}_error"] = float((own - other).std() / np.sqrt(len(own)))
    return {"seeds": len(runs), "asked": len(joined[DEFAULT][0]), "variants": found}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of the sets")
    parser.add_argument("--sets", nargs="+", required=True)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    for name in options.sets:
        runs = [measured(options.data / name / "train.csv", seed) for seed in range(options.seeds)]
        result = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {"sets": {}}
        result["sets"][name] = summary(runs)
        RESULTS.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
        print(json.dumps({"set": name} | summary(runs)), flush=True)


if __name__ == "__main__":
    main()
