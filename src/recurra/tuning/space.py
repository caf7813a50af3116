"""What is tried: the settings that decide how well a recurrent classifier does, each with its range and the reason."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from recurra.cells import cell_named
from recurra.presets import Recipe

if TYPE_CHECKING:
    from optuna.trial import BaseTrial

__all__ = [
    "LARGEST_VOCABULARY",
    "SPACE",
    "Choice",
    "FloatRange",
    "IntChoice",
    "Parameter",
    "parameters_of",
    "space_around",
    "suggested",
    "with_parameters",
]

Plain: TypeAlias = str | int | bool
JOINT = "+"


@dataclass(frozen=True)
class Choice:
    """One of a few values that have no order.

    Attributes:
        name: the setting's name.
        options: what it may be; poolings are joined by a plus sign.
        why: the reason for them.
    """

    name: str
    options: tuple[Plain, ...]
    why: str

    def around(self, value: Plain) -> Choice:
        """The same with one more value, if it is new."""
        return self if value in self.options else replace(self, options=(*self.options, value))

    def suggested(self, trial: BaseTrial) -> Plain:
        """The trial's value."""
        return cast(Plain, trial.suggest_categorical(self.name, self.options))


@dataclass(frozen=True)
class IntChoice:
    """One of a few whole numbers, drawn evenly over their logarithms.

    Attributes:
        name: the setting's name.
        values: rising.
        why: the reason for them.
    """

    name: str
    values: tuple[int, ...]
    why: str

    def around(self, value: int) -> IntChoice:
        """The same with one more value, if it is new."""
        return replace(self, values=tuple(sorted({*self.values, value})))

    def suggested(self, trial: BaseTrial) -> int:
        """The trial's value: the one of :attr:`values` that is nearest to what was drawn."""
        drawn = trial.suggest_float(self.name, self.values[0], self.values[-1], log=True)
        return min(self.values, key=lambda value: abs(math.log(value / drawn)))


@dataclass(frozen=True)
class FloatRange:
    """A number in a range.

    Attributes:
        name: the setting's name.
        low: the least.
        high: the largest.
        log: drawn evenly over the logarithm.
        why: the reason for the range.
    """

    name: str
    low: float
    high: float
    log: bool
    why: str

    def around(self, value: float) -> FloatRange:
        """The same, widened to hold a value."""
        # A logarithm has no 0.
        return replace(self, low=min(self.low, value), high=max(self.high, value))

    def suggested(self, trial: BaseTrial) -> float:
        """The trial's value, with three digits: more say nothing."""
        return float(f"{trial.suggest_float(self.name, self.low, self.high, log=self.log):.3g}")


Parameter: TypeAlias = Choice | IntChoice | FloatRange

LARGEST_VOCABULARY = 50_000

SPACE: tuple[Parameter, ...] = (
    Choice(
        "tokens",
        ("words", "characters"),
        "Characters do better where words are rare, misspelt or not set apart by spaces.",
    ),
    IntChoice(
        "vocabulary_size",
        (1_000, 2_000, 5_000, 10_000, 20_000, LARGEST_VOCABULARY),
        "Rare words cost most of the file and are learned from a handful of rows.",
    ),
    IntChoice("embedding", (16, 24, 32, 48, 64, 96, 128, 192), "Above some 200 only pretrained vectors have gained."),
    FloatRange(
        "word_dropout", 0.0, 0.3, False, "Unknown words must be met in training; a third of a text is too much."
    ),
    Choice(
        "cell",
        ("lstm", "gru", "sru", "min_gru", "min_lstm"),
        "The last three, without W_H, are faster, and as good where order says little; a SimpleRNN forgets too soon.",
    ),
    IntChoice(
        "hidden", (16, 24, 32, 48, 64, 96, 128, 192, 256), "Time rises with its square; small sets overfit far earlier."
    ),
    IntChoice("layers", (1, 2), "A third layer has not paid for a classifier of short texts."),
    Choice("bidirectional", (False, True), "Two directions cost twice the time; with max pooling one may do."),
    Choice(
        "pooling",
        ("last", "max", "mean", "max+mean", "last+max", "attention"),
        "Which words decide: the last state forgets, max finds cues, mean sums up, attention weighs.",
    ),
    FloatRange("dropout", 0.0, 0.6, False, "From none for many rows to most of the values for some hundred."),
    FloatRange("learning_rate", 5e-4, 1e-2, True, "Below, ten epochs are too short; above, recurrent weights blow up."),
    IntChoice("batch_size", (16, 32, 64, 128), "Smaller steps are noisier, which helps small sets, and slower."),
)


def space_around(recipe: Recipe) -> tuple[Parameter, ...]:
    """The space for a recipe: what makes no sense for it is left out, and its own values are in range.

    Args:
        recipe: where the search begins; settings that are not in the space stay as it has them.
    """
    own = parameters_of(recipe, SPACE)
    left_out = set()
    if recipe.network.input == "one_hot":
        left_out.add("embedding")
    if recipe.network.every_step:
        left_out.add("pooling")
    kept = (_possible(one, recipe) for one in SPACE if one.name not in left_out)
    return tuple(one.around(own[one.name]) for one in kept)


def _possible(parameter: Parameter, recipe: Recipe) -> Parameter:
    """The parameter without values that contradict settings which are not searched."""
    if parameter.name == "cell" and isinstance(parameter, Choice) and recipe.network.weight_drop:
        # It drops values of W_H.
        return replace(
            parameter, options=tuple(name for name in parameter.options if cell_named(str(name)).recurrent_weights)
        )
    return parameter


def parameters_of(recipe: Recipe, space: tuple[Parameter, ...]) -> dict[str, Any]:
    """A recipe's values of the space's settings, as a trial stores them."""
    settings = {**recipe.text.to_dict(), **recipe.network.to_dict(), **recipe.training.to_dict()}
    settings["pooling"] = JOINT.join(settings["pooling"])
    return {one.name: settings[one.name] for one in space}


def suggested(trial: BaseTrial, recipe: Recipe, space: tuple[Parameter, ...]) -> Recipe:
    """The recipe with a trial's values."""
    return with_parameters(recipe, {one.name: one.suggested(trial) for one in space})


def with_parameters(recipe: Recipe, parameters: Mapping[str, Any]) -> Recipe:
    """The recipe with values as :func:`parameters_of` gives them."""
    options = dict(parameters)
    if "pooling" in options:
        options["pooling"] = options["pooling"].split(JOINT)
    return recipe.with_options(options)
