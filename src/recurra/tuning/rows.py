"""The rows of a study: split once, read once for each kind of tokens, and cut to each trial's vocabulary."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain

import numpy as np
import numpy.typing as npt

from recurra.batches import Ragged
from recurra.data.corpus import Corpus, RowSubset
from recurra.data.split import hold_out
from recurra.errors import DataError, SettingsError
from recurra.file_size.estimate import fitting_vocabulary, header_room, shown_bytes
from recurra.file_size.limit import SizeLimit
from recurra.presets import Recipe
from recurra.text import TextPipeline, Vocabulary
from recurra.text.vocabulary import SPECIAL_IDS, UNKNOWN_ID
from recurra.training.callbacks import Callback
from recurra.training.prepare import LabelledRows, TrainingData, labelled_rows, prepare, resolve_tokens
from recurra.training.steps.step import EncodedRows
from recurra.training.validation_data import with_validation
from recurra.tuning.initial_trials import smallest
from recurra.tuning.limits import StudyLimits
from recurra.tuning.space import LARGEST_VOCABULARY, Parameter, with_parameters

__all__ = ["SET_ASIDE", "StudyRows", "check_room"]

# The share of rows that no trial sees, so that the score on them has chosen nothing.
SET_ASIDE = 0.1
# The same of rows that are given to validate on: as many as choose, as there is of the training rows.
SET_ASIDE_OF_VALIDATION = 0.5


class StudyRows:
    """What every trial learns from, what it is chosen by, and what none of them sees.

    A tenth of the rows, 2,000 at most, is set aside; of the others the recipe's ``validation`` is held out to choose
    by. Each split keeps the classes' shares. Of rows of their own to validate on, half are set aside, 2,000 at most,
    and the others choose; all rows of the corpus are learned from then.

    Args:
        corpus: all rows.
        recipe: where the search begins: its text settings say what is read, its seed how rows are dealt.
        callbacks: told what was left out, and what was chosen.
        validation_data: rows to validate on, such as the latest ones.

    Attributes:
        recipe: recipe of the first trial: the one given, once it is chosen whether to read words or characters.
        choice: why, or ``None`` where the recipe said it.
        classes: the distinct labels in order.
        aside: documents that no trial sees.
        aside_targets: int64[rows], their classes.

    Raises:
        DataError: too few rows, or nothing to learn from them.
    """

    def __init__(
        self,
        corpus: Corpus,
        recipe: Recipe,
        *,
        callbacks: Callback,
        validation_data: Corpus | None = None,
    ) -> None:
        everything = labelled_rows(corpus, recipe.text, callbacks)
        if not everything.task.views:
            raise DataError(
                f"{corpus.source} holds {everything.task.wording.gives} a row, and tuning looks at one class a row",
                "Train with recurra train --multi-label.",
            )
        if validation_data is not None:
            everything = with_validation(everything, validation_data, recipe.text, callbacks)
        corpus, given = everything.corpus, everything.validation
        aside = _set_aside(everything, seed=recipe.training.seed)
        self._callbacks = callbacks
        self._kept = replace(
            everything,
            corpus=RowSubset(corpus, ~aside),
            targets=everything.targets[~aside],
            validation=given and replace(given, held=given.held[~aside]),
        )
        self.recipe, self.choice = resolve_tokens(self._kept, recipe.for_rows(len(corpus)), callbacks)
        self.classes = everything.classes
        self.aside = list(chain.from_iterable(RowSubset(corpus, aside).blocks()))
        self.aside_targets = everything.targets[aside]
        self._read: dict[str, TrainingData] = {}

    def of(self, tokens: str) -> TrainingData:
        """The rows read as tokens of a kind, with the largest vocabulary."""
        if tokens not in self._read:
            own = self.recipe.text
            text = own.replace(tokens=tokens, vocabulary_size=max(LARGEST_VOCABULARY, own.vocabulary_size))
            self._read[tokens] = prepare(
                self._kept, text, self.recipe.training, branch=self.recipe.branch, folder=None,
                callbacks=self._callbacks,
            )  # fmt: skip
        return self._read[tokens]

    def prepared(self, recipe: Recipe, limits: StudyLimits) -> TrainingData | None:
        """The rows as a trial's network reads them.

        The vocabulary is the one that its text settings would learn: tokens stand in it by falling frequency, so a
        smaller one is the head of a larger one, and the ids behind it become the unknown token's.

        Args:
            recipe: the trial's.
            limits: bytes that the model's file may take; the vocabulary is cut further to fit.

        Returns:
            ``None`` if no vocabulary fits.
        """
        whole = self.of(recipe.text.tokens)
        size = recipe.text.vocabulary_size
        pipeline = TextPipeline(whole.pipeline.settings.replace(vocabulary_size=size), whole.pipeline.vocabulary)
        if recipe.text.tokens != "bytes":
            pipeline = replace(pipeline, vocabulary=Vocabulary(pipeline.vocabulary.tokens[: size - SPECIAL_IDS]))
        if limits.max_size is not None:
            room = limits.max_size - header_room(self.classes)
            fitting = fitting_vocabulary(
                recipe.network,
                pipeline,
                classes=len(self.classes),
                weights="int8" if limits.int8 else "float32",
                room=room,
            )
            if fitting is None:
                return None
            pipeline = fitting
        if (limit := SizeLimit.of(recipe, self.classes, whole.task)) is not None:
            pipeline = limit.fitting(pipeline)
        known = len(pipeline.vocabulary) + SPECIAL_IDS
        held = whole.held and _with_unknown(whole.held, known)
        branch = whole.branch_rows
        if branch is not None:
            branch = branch.with_vocabulary(whole.pipeline.vocabulary, len(pipeline.vocabulary))
        return replace(
            whole, pipeline=pipeline, rows=_with_unknown(whole.rows, known), held=held, branch_rows=branch
        )  # fmt: skip


def _set_aside(everything: LabelledRows, *, seed: int) -> npt.NDArray[np.bool_]:
    """The rows that no trial sees, bool[B]."""
    labels, given = everything.corpus.labels, everything.validation
    aside = np.zeros(len(labels), dtype=bool)
    if given is None:
        aside[hold_out(labels, share=SET_ASIDE, seed=seed)[1]] = True
    else:
        places = np.flatnonzero(given.held)
        aside[places[hold_out(labels.take(places), share=SET_ASIDE_OF_VALIDATION, seed=seed)[1]]] = True
    return aside


def check_room(rows: StudyRows, recipe: Recipe, space: tuple[Parameter, ...], limits: StudyLimits) -> None:
    """Raises a :class:`SettingsError` if not even the smallest network fits into a file of the size asked for."""
    least = with_parameters(recipe, smallest(recipe, space))
    if limits.max_size is None or rows.prepared(least, limits) is not None:
        return
    # The vocabulary is cut to what fits, down to a least one: the least size is where that one begins to fit.
    low, high = limits.max_size, 2**40
    while high - low > high // 100:
        middle = (low + high) // 2
        fits = rows.prepared(least, replace(limits, max_size=middle)) is not None
        low, high = (low, middle) if fits else (middle, high)
    raise SettingsError(
        f"No settings give a model file of {shown_bytes(limits.max_size)}",
        f"Allow {shown_bytes(high)}{'' if limits.int8 else ', or store the weights with --int8'}.",
    )


def _with_unknown(rows: EncodedRows, known: int) -> EncodedRows:
    """The rows for a vocabulary that ends before id ``known``."""
    values = rows.documents.values
    if not len(values) or int(values.max()) < known:
        return rows
    known_ids = np.where(values < known, values, np.int32(UNKNOWN_ID))
    return replace(rows, documents=Ragged(known_ids, rows.documents.offsets))
