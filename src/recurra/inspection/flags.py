"""Flags: units that a word switches on and that stay on, found in data, with their effect on accuracy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from recurra.batches import Ragged
from recurra.errors import SettingsError
from recurra.inspection.ablation import MeanStates, Unit, ablate, mean_states
from recurra.inspection.flag_results import Flag, FlagExample, Flags, JointAblation
from recurra.inspection.given_table import table_of_rows
from recurra.inspection.labelled_sample import LabelledSample
from recurra.inspection.phrases import Phrase, Phrases
from recurra.inspection.switch_statistics import SwitchStatistics, switch_statistics
from recurra.inspection.trajectories import network_ids, trajectories, word_mask
from recurra.runtime import Model
from recurra.runtime.compiled_network import inference_network
from recurra.runtime.given_model import model_of

__all__ = ["flags"]

Array = npt.NDArray[np.float32]
Places = npt.NDArray[np.int64]

# Random units of the same layer and direction whose ablation each flag's is compared with.
CONTROLS = 8
# Random sets of units that the joint ablation of the flags is compared with.
SETS = 10
# Score below which a unit is no flag: it would be shown as 0.000.
LEAST_SCORE = 0.0005


def flags(
    model: Model,
    data: Any,
    y: Any = None,
    *,
    name: str = "model",
    documents: int | None = 2000,
    units: int = 12,
    examples: int = 3,
    seed: int = 0,
    advance: Callable[[int, int | None], None] = lambda documents, total: None,
) -> Flags:
    """Looks for flags in a model as it reads a table.

    Args:
        model: any cell, depth and direction.
        data: labelled rows: a table of :func:`recurra.read_table`, or what it reads; or, with ``y``, B texts or (title,
            text) pairs. Accuracies are unbiased only on rows that the model was not trained on.
        y: the B labels of texts.
        name: name of the model in the result.
        documents: largest number of rows, drawn at random; ``None`` takes all.
        units: number of units to list, the most flag-like first.
        examples: number of example documents for each.
        seed: seed of the rows and the random units.
        advance: called after each ablation with the number of documents read, and with the total if it is known.

    Raises:
        DataError: see :meth:`LabelledSample.of`.
        SettingsError: ``units`` is below 1.
    """
    model = model_of(model)
    data = table_of_rows(data, model, y)
    if units < 1:
        raise SettingsError(f"units is {units}", "Give 1 or more.")
    notes: list[str] = []
    sample = LabelledSample.of(model, data, limit=documents, seed=seed, say=notes.append)
    if model.bundle.branch is not None:
        notes.append(
            "Units are the recurrent network's. Accuracies are those of the whole model: its linear branch, which is "
            "not recurrent, stays as it is while units are silenced."
        )
    return _Search(model, sample, seed, advance).flags(name, units, examples, notes)


class _Search:
    """The search for flags in one model on one sample."""

    def __init__(
        self, model: Model, sample: LabelledSample, seed: int, advance: Callable[[int, int | None], None]
    ) -> None:
        self.bundle, self.sample, self.advance = model.bundle, sample, advance
        self.passes: int | None = None
        self.read: Ragged = network_ids(self.bundle, sample.ids)
        self.generator = np.random.default_rng(seed)
        self.means: MeanStates = mean_states(self.bundle, sample.ids)
        # The branch's outputs, whatever the network's units do.
        self.of_branch: npt.NDArray[np.float64] | float = 0.0
        if self.bundle.branch is not None:
            self.of_branch = self.bundle.branch.logits(self.bundle.open(sample.documents))
        self.logits = self._answers(())
        self.right = self._right(self.logits)
        self._drops: dict[Unit, tuple[float, Array]] = {}

    def flags(self, name: str, count: int, examples: int, notes: list[str]) -> Flags:
        words = word_mask(self.read, self.sample.ids.lengths)
        found: dict[Unit, SwitchStatistics] = {}
        for one in trajectories(self.bundle, self.sample.ids):
            statistics = switch_statistics(one, words)
            found |= {Unit(one.layer, one.direction, unit): statistics for unit in range(one.hidden.shape[1])}
        ranked = sorted(found, key=lambda unit: -found[unit].score[unit.number])
        chosen = ranked[:count]
        scores = [float(found[unit].score[unit.number]) for unit in ranked]
        flagged = sum(score >= LEAST_SCORE for score in scores[: min(count, len(ranked) // 4)])
        controls = self._controls(found, chosen)
        # Every single unit, the random sets, the set of flags, and the unchanged network.
        self.passes = len({*chosen, *controls}) + (SETS + 1 if flagged else 0) + 1
        states = self._states(chosen)
        shown = [self._flag(unit, found[unit], controls, states[unit], examples) for unit in chosen]
        together = self._together(ranked, flagged)
        return Flags(name, self.bundle.network.cell, len(self.sample), self.right, scores, shown, together, notes)

    def _flag(self, unit: Unit, found: SwitchStatistics, controls: list[Unit], states: Array, examples: int) -> Flag:
        accuracy, answers = self._ablated(unit)
        others = [self.right - self._ablated(other)[0] for other in controls if other[:2] == unit[:2] and other != unit]
        ends_on, held = found.ends_on[:, unit.number], found.held(unit.number, on=True)
        effect = self.logits.astype(np.float64) - answers
        effect -= effect.mean(axis=1, keepdims=True)
        mean_effect = effect[ends_on].mean(axis=0) if ends_on.any() else effect.mean(axis=0)
        strongest = int(mean_effect.argmax())
        return Flag(
            unit=unit,
            score=float(found.score[unit.number]),
            separation=float(found.separation[unit.number]),
            threshold=float(found.threshold[unit.number]),
            on_when="below" if found.below[unit.number] else "above",
            ends_on=float(ends_on.mean()),
            held=len(held) / len(self.sample),
            stays=float(found.stays[unit.number]),
            jump=float(found.jump[unit.number]),
            speaks_for=self.sample.classes[strongest],
            weight=float(mean_effect[strongest]),
            accuracy_silenced=accuracy,
            drop=self.right - accuracy,
            drop_random=float(np.mean(others)) if others else None,
            on=self._phrases(unit, found, held),
            off=self._phrases(unit, found, found.held(unit.number, on=False)),
            examples=[
                self._example(unit, place, found, states) for place in self._example_places(held, found, unit, examples)
            ],
        )

    def _phrases(self, unit: Unit, found: SwitchStatistics, documents: Places) -> list[Phrase]:
        phrases = Phrases(
            self.read.values, self.read.offsets, self.sample.targets, self.bundle.vocabulary, self.sample.classes
        )
        tokens = found.token[documents, unit.number]
        return phrases.at(documents, tokens, backward=unit.direction == "backward")

    def _example_places(
        self, held: npt.NDArray[np.int64], found: SwitchStatistics, unit: Unit, count: int
    ) -> list[int]:
        """Documents for examples: switched by the most frequent words, each word once; never by a pad."""
        tokens = self.read.values[found.token[held, unit.number]]
        words, inverse, often = np.unique(tokens, return_inverse=True, return_counts=True)
        first = {word: int(place) for place, word in reversed(list(zip(held, inverse.tolist(), strict=True)))}
        # Unknown words would tell a reader nothing.
        named = [word for word in np.argsort(-often, kind="stable").tolist() if words[word] > 1]
        return [first[word] for word in named[:count]]

    def _example(self, unit: Unit, place: int, found: SwitchStatistics, states: Array) -> FlagExample:
        first, end = self.read.offsets[place], self.read.offsets[place + 1]
        tokens = self.bundle.pipeline.tokens(self.sample.documents[place])
        line = states[first:end]
        return FlagExample(
            row=int(self.sample.rows[place]),
            tokens=tokens,
            states=[float(value) for value in line[: len(tokens)]],
            end=float(line[0 if unit.direction == "backward" else -1]),
            flip=int(found.token[place, unit.number] - first),
            label=self.sample.label(place),
            predicted=self.sample.classes[int(self.logits[place].argmax())],
            number=self.sample.number(place),
        )

    def _together(self, ranked: list[Unit], count: int) -> JointAblation:
        flagged, others = ranked[:count], ranked[count:]
        if not flagged:
            return JointAblation(0, self.right, 0.0, [])
        drops = []
        for _ in range(SETS):
            drawn = self.generator.choice(len(others), count, replace=False)
            drops.append(self.right - self._right(self._answers([others[place] for place in drawn])))
        accuracy = self._right(self._answers(flagged))
        return JointAblation(count, accuracy, self.right - accuracy, drops, flagged)

    def _controls(self, found: dict[Unit, SwitchStatistics], chosen: list[Unit]) -> list[Unit]:
        """Random units of every layer and direction that a chosen one belongs to."""
        drawn = []
        for layer, direction in sorted({unit[:2] for unit in chosen}):
            pool = [unit for unit in found if unit[:2] == (layer, direction)]
            places = self.generator.choice(len(pool), min(CONTROLS, len(pool)), replace=False)
            drawn += [pool[place] for place in np.sort(places)]
        return drawn

    def _states(self, chosen: list[Unit]) -> dict[Unit, Array]:
        """The state of each chosen unit after every token, float32[N]."""
        kept = {}
        for one in trajectories(self.bundle, self.sample.ids):
            for unit in chosen:
                if unit[:2] == (one.layer, one.direction):
                    kept[unit] = one.carried[:, unit.number].copy()
        return kept

    def _ablated(self, unit: Unit) -> tuple[float, Array]:
        if unit not in self._drops:
            answers = self._answers([unit])
            self._drops[unit] = self._right(answers), answers
        return self._drops[unit]

    def _answers(self, units: list[Unit] | tuple[()]) -> Array:
        bundle = ablate(self.bundle, units, self.means) if units else self.bundle
        logits = inference_network(bundle.network, bundle.tensors, pad_to=bundle.pad_to).logits(self.sample.ids)
        self.advance(len(self.sample), None if self.passes is None else self.passes * len(self.sample))
        return np.asarray(logits + self.of_branch, dtype=np.float32)

    def _right(self, logits: Array) -> float:
        return float((logits.argmax(axis=1) == self.sample.targets).mean())
