"""The linear branch of a training: learned before the network, and joined with it on the rows that are held out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from recurra.bundle import Bundle
from recurra.bundle.int8 import int8_branch
from recurra.evaluation.temperature import MIN_ROWS, SIGMOID, SOFTMAX, Link, fit_temperature
from recurra.file_size.limit import SizeLimit
from recurra.linear_branch import (
    LinearBranch,
    Ngrams,
    OpenDocuments,
    Subwords,
    class_language_models,
    fuse,
    learn_branch,
    select,
)
from recurra.linear_branch.fuse import DEFAULT, UNIT, FusionWeights, fuse_few, language_model_factors, without_network
from recurra.linear_branch.learn import PASSES
from recurra.models.network import Network
from recurra.presets import Recipe
from recurra.tasks.single_label import class_weights
from recurra.training.callbacks import Callback
from recurra.training.prepare import TrainingData
from recurra.training.sample_weight import drawn_by_weight
from recurra.training.warm_start import branch_with_classes

__all__ = ["BranchResult", "BranchTraining"]

FOLDS = 5
# Tokens times outputs up to which folds are learned: some seconds.
MOST_WORK = 1 << 21

# Fewer held-out rows say nothing of the factors.
SOME_ROWS = 20

# Training rows by which a network is found to have learned nothing: more say the same.
LOOKED_AT = 1000

# Documents, targets, and what each row counts.
_Rows = tuple[OpenDocuments, npt.NDArray[Any], npt.NDArray[np.float32] | None]
_Wide = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class BranchResult:
    """A branch, ready for the model file, and what it says of the rows that are held out.

    Attributes:
        branch: learned from all training rows; ``None`` where the network alone is best on the held-out rows.
        held: float64[held, L], the outputs for the held-out rows of a branch that has not seen them; no rows if none
            are held out.
        record: for the model's record.
        fitted: whether rows that are new to it have given the factors, and so the temperature.
    """

    branch: LinearBranch | None
    held: npt.NDArray[np.float64]
    record: dict[str, Any]
    fitted: bool = True


class BranchTraining:
    """Learns a branch and joins it with a network.

    Two branches are learned: one that has not seen the held-out rows, on which the factors of network and branch are
    found and scores are measured; and one from all rows, which the model gets with the same factor. Where the held-out
    rows are no training rows, the first is what the model gets. Where the model file is bounded, the first is learned
    twice: with all n-grams and subwords, and with those that are kept.

    To the regression of a branch, language models of the classes are added with the share that is best on the held-out
    rows, or on the answers below; with none where neither are there, or where training continues from a model.

    Where too few rows are held out to choose, and learning is quick, each fifth of all training rows is answered by a
    branch that has not seen it: the factors are usual ones, divided by the temperature of these answers
    (benchmarks/own_files/LOG.md). Held-out rows that are few replace them where they are clearly wrong. With
    ``calibrate=False`` no temperature is divided by, and few rows replace nothing. A network that with its usual factor
    is far worse than guessing on rows that it learned from, as one that diverged is, gets the factor 0.

    Args:
        prepared: the rows.
        recipe: settings of branch and training.
        link: from logits to probabilities.
        callbacks: told the progress of the first.
        initial: the model that training continues from; its branch is learned on.
    """

    def __init__(
        self,
        prepared: TrainingData,
        recipe: Recipe,
        link: Link,
        *,
        callbacks: Callback,
        initial: Bundle | None = None,
    ) -> None:
        self._prepared, self._recipe, self._link = prepared, recipe, link
        if prepared.branch_rows is None:
            raise TypeError("The rows were prepared without those of a branch")
        self._rows, self._held = prepared.branch_rows, prepared.held
        self._before = None if initial is None else branch_with_classes(initial, prepared.classes)
        self._targets, weights = prepared.rows.targets[self._rows.places], prepared.rows.weights
        self._weights = None if weights is None else weights[self._rows.places]
        limit = SizeLimit.of(recipe, prepared.classes, prepared.task)
        whole, count = self._whole, len(self._rows.rows)
        folds = self._folds(whole)
        total = PASSES * ((1 if limit is None else 2) * count + sum(len(whole[1]) - len(own) for own in folds))

        def told(rows: int) -> Callable[[], object]:
            return lambda: callbacks.on_data("learning the linear branch", rows, total)

        regression = partial(self._regression, self._rows.rows, self._targets, self._weights, on_pass=told(count))
        self._kept: tuple[Ngrams, Subwords | None] | None = None
        self._mixed: tuple[float, float] | None = None
        # Before n-grams are chosen by rows that some of these have not seen.
        self._crossed = self._out_of_fold(whole, folds, told)
        learned = regression()
        if limit is not None:
            room = limit.ngram_room(prepared.pipeline)
            self._kept = select(
                learned,
                room,
                ngram_bytes=limit.ngram_bytes,
                subword_bytes=limit.subword_bytes,
                initial=self._before,
            )
            learned = regression()
        models = self._models(learned, self._rows.rows, self._targets, self._weights)
        if models is not None and self._chosen and self._held is not None:
            held = self._rows.held
            self._mixed = language_model_factors(
                learned.logits(held), models.logits(held), self._held.targets, choosing=prepared.new
            )
        self._alone = self._joined(learned, models)
        self._outputs = self._alone.logits(self._rows.held)

    @classmethod
    def of(
        cls, prepared: TrainingData, recipe: Recipe, callbacks: Callback, *, initial: Bundle | None = None
    ) -> BranchTraining | None:
        """One for these rows, where the recipe asks for a branch and the task can have one."""
        if prepared.branch_rows is None:
            return None
        link = prepared.task.link
        if link is None or link not in (SOFTMAX, SIGMOID):
            callbacks.on_message(f"linear branch: left out, none suits {prepared.task.wording.gives}.")
            return None
        learned = cls(prepared, recipe, link, callbacks=callbacks, initial=initial)
        if prepared.held is not None:
            few = (
                ""
                if learned._chosen
                else f"; {len(prepared.held):,} rows are few: network and branch are joined with usual weights unless "
                "these rows clearly speak against them"
            )
            callbacks.on_message(
                f"linear branch alone: {learned.right(learned._outputs):.4f} of the rows held out right; the scores of "
                f"each epoch are those of the network alone{few}."
            )
        return learned

    def right(self, logits: npt.NDArray[np.float64]) -> float:
        """The share of the held-out rows whose answer is right.

        Args:
            logits: float64[held, L].
        """
        if self._held is None:
            raise ValueError("No rows are held out")
        task = self._prepared.task
        return float(np.mean(task.right(task.probabilities(logits), self._held.targets)))

    @property
    def looked_at(self) -> npt.NDArray[np.int64]:
        """int64, training rows whose logits say whether the network learned at all; none where held-out rows choose."""
        count = 0 if self._chosen else len(self._prepared.rows.targets)
        return np.linspace(0, max(0, count - 1), min(count, LOOKED_AT), dtype=np.int64)

    @torch.no_grad()
    def finish(self, network: Network, held: Tensor, *, learned: Tensor) -> BranchResult:
        """Multiplies the network's output by its factor, and learns the branch from all training rows.

        Args:
            network: trained; its output is changed in place.
            held: [held, L], its logits for the held-out rows before.
            learned: [rows, L], for the training rows :attr:`looked_at`.
        """
        factors, chosen = self._factors(held, learned)
        for name in ("W_O", "b_O"):
            weight = network.named_weights()[name]
            weight.copy_(weight.double() * factors.network)
        record: dict[str, Any] = {
            "network_factor": factors.network,
            "branch_factor": factors.branch,
            "chosen_on_held_out_rows": chosen,
        }
        if self._mixed is not None:
            record["language_models_share"] = 1 - self._mixed[0]
        if self._held is not None:
            record["network_right"] = self.right(held.double().numpy())
            record["branch_right"] = self.right(self._outputs)
        if not factors.branch:
            # Nothing is added; what has no say need not be in the file.
            return BranchResult(None, np.zeros_like(self._outputs), record)
        fitted = chosen or self._crossed is not None
        return BranchResult(self._final().times(factors.branch), self._outputs * factors.branch, record, fitted)

    def _final(self) -> LinearBranch:
        """The branch that the model gets, without its factor."""
        if not self._learns_held:
            return self._alone
        learned = self._regression(*self._whole)
        return self._joined(learned, self._models(learned, *self._whole))

    @property
    def _learns_held(self) -> bool:
        """Whether the model's branch learns from the held-out rows."""
        return self._held is not None and self._prepared.validation is None

    @property
    def _whole(self) -> _Rows:
        """The rows that the model's branch learns from."""
        if self._held is None or not self._learns_held:
            return self._rows.rows, self._targets, self._weights
        targets, weights = np.concatenate([self._targets, self._held.targets]), self._weights
        if weights is not None:
            beside = self._held.weights
            weights = np.append(weights, np.ones(len(self._held), np.float32) if beside is None else beside)
        return self._rows.all, targets, weights

    def _folds(self, whole: _Rows) -> list[npt.NDArray[np.int64]]:
        """The rows of each fold; none where no temperature is asked of them."""
        documents, outputs = whole[0], self._prepared.task.outputs(len(self._prepared.classes))
        # A model to continue from may have seen all of them.
        if self._chosen or self._before is not None:
            return []
        if len(documents) < MIN_ROWS or len(documents.ids.values) * outputs > MOST_WORK:
            return []
        order = np.random.default_rng(self._recipe.training.seed).permutation(len(documents))
        return [np.sort(order[fold::FOLDS]) for fold in range(FOLDS)]

    def _out_of_fold(
        self, whole: _Rows, folds: list[npt.NDArray[np.int64]], told: Callable[[int], Callable[[], object]]
    ) -> _Wide | None:
        """The outputs of branches that have not seen the row, float64[B, L]; ``None`` without folds."""
        documents, targets, weights = whole
        if not folds:
            return None
        shape = len(documents), self._prepared.task.outputs(len(self._prepared.classes))
        regression, models = np.empty(shape), np.zeros(shape)
        for own in folds:
            others = np.setdiff1d(np.arange(len(documents)), own)
            rows = documents.take(others), targets[others], None if weights is None else weights[others]
            learned = self._regression(*rows, on_pass=told(len(others)))
            regression[own] = learned.logits(documents.take(own))
            of_classes = self._models(learned, *rows)
            if of_classes is not None:
                models[own] = of_classes.logits(documents.take(own))
        if not models.any():
            return regression
        asked = np.flatnonzero(self._asked)
        self._mixed = language_model_factors(regression, models, targets, choosing=asked, cautious=True)
        return self._mixed[0] * regression + self._mixed[1] * models

    @property
    def _asked(self) -> npt.NDArray[np.bool_]:
        """bool[B], which of the rows that the model's branch learns from choose: all, or drawn by their weights."""
        documents, _, weights = self._whole
        return drawn_by_weight(weights, len(documents), seed=self._recipe.training.seed)

    @property
    def _chosen(self) -> bool:
        return self._held is not None and len(self._held) >= MIN_ROWS

    def _factors(self, held: Tensor, learned: Tensor) -> tuple[FusionWeights, bool]:
        """The factors, and whether the held-out rows have chosen them."""
        calibrate, usual = self._recipe.training.calibrate, DEFAULT
        if self._crossed is not None and calibrate:
            asked = self._asked
            usual = UNIT.over(fit_temperature(self._crossed[asked], self._whole[1][asked], link=self._link))
        if not self._chosen:
            targets = self._prepared.rows.targets[self.looked_at]
            usual = without_network(learned.double().numpy(), targets, usual, link=self._link)
        if self._held is None or len(self._held) < SOME_ROWS or not usual.network:
            return usual, False
        logits, targets, new = held.double().numpy(), self._held.targets, self._prepared.new
        if self._chosen:
            return fuse(logits, self._outputs, targets, link=self._link, choosing=new, calibrate=calibrate), True
        if not calibrate:
            return usual, False
        found = fuse_few(logits, self._outputs, targets, usual, link=self._link, choosing=new)
        return found, found != usual

    def _regression(
        self,
        documents: OpenDocuments,
        targets: npt.NDArray[Any],
        weights: npt.NDArray[np.float32] | None,
        on_pass: Callable[[], object] = lambda: None,
    ) -> LinearBranch:
        prepared, training = self._prepared, self._recipe.training
        outputs = prepared.task.outputs(len(prepared.classes))
        return learn_branch(
            documents, self._link.indicator(targets, outputs), prepared.pipeline, self._recipe.branch,
            row_weights=self._with_classes(targets, weights), seed=training.seed, initial=self._before,
            kept=self._kept, on_pass=on_pass,
        )  # fmt: skip

    def _models(
        self,
        regression: LinearBranch,
        documents: OpenDocuments,
        targets: npt.NDArray[Any],
        weights: npt.NDArray[np.float32] | None,
    ) -> LinearBranch | None:
        """Language models of the classes over the n-grams of a regression; ``None`` where there are to be none."""
        if not self._recipe.branch.language_models or self._link is not SOFTMAX or self._before is not None:
            return None
        models = class_language_models(
            regression.ngrams, documents.ids, targets, regression.outputs,
            row_weights=self._with_classes(targets, weights),
        )  # fmt: skip
        return replace(regression, W=models, U=np.zeros_like(regression.U))

    def _joined(self, regression: LinearBranch, models: LinearBranch | None) -> LinearBranch:
        """The branch of both, as precise as the model file will have it."""
        if models is not None and self._mixed is not None:
            regression = regression.times(self._mixed[0]).plus(models.W * np.float32(self._mixed[1]))
        if self._recipe.training.weights == "float32":
            return regression
        return int8_branch(regression, compact=self._recipe.training.weights == "int8_compact")

    def _with_classes(
        self, targets: npt.NDArray[Any], weights: npt.NDArray[np.float32] | None
    ) -> npt.NDArray[np.float32] | None:
        """What each row counts, by its own weight and that of its class."""
        if self._link is not SOFTMAX:
            return weights
        outputs = self._prepared.task.outputs(len(self._prepared.classes))
        of_class: npt.NDArray[np.float32] = class_weights(self._recipe.training, targets, outputs)[targets]
        return of_class if weights is None else weights * of_class
