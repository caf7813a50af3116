"""The parameters of ``TextClassifier``: single settings of its options among them, and what is said of a wrong one."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from difflib import get_close_matches
from functools import wraps
from typing import Any, TypeVar, cast

import numpy as np

from recurra.bundle import Bundle
from recurra.errors import SettingsError
from recurra.presets import Recipe, setting_names
from recurra.presets.of_model import settings_of_model
from recurra.settings import choices, setting_meant

__all__ = [
    "ANEW",
    "changed",
    "check_names",
    "checked_options",
    "explain_keywords",
    "parameters_of",
    "plain",
    "seed_of",
    "split_options",
    "unknown_of_fit",
    "unknown_parameter",
    "with_options",
]

Init = TypeVar("Init", bound=Callable[..., None])

PREFIX = "options__"
# Settings with a parameter of another name.
PARAMETERS = {"seed": "random_state"}
# What is given to fit.
OF_FIT = ("sample_weight", "validation_data", "initial", "callbacks")
# What arguments of fit are called elsewhere.
MEANT_OF_FIT = {"warm_start": "initial", "init_model": "initial", "eval_set": "validation_data"}
# What parameters of the constructor are called elsewhere.
MEANT = {"preset": "model", "preset_name": "model"}
# Names of a list of numbers that is meant as sample_weight; a setting has the first.
WEIGHTS = ("weights", "weight", "row_weights")
# For a weight of each class, where the setting knows "balanced" alone.
CLASS_WEIGHTS = "Give fit sample_weight=sklearn.utils.class_weight.compute_sample_weight(weights, y)."
ANEW = (
    "fit trains a new model with the settings of the model that was loaded, and does not use its weights: fit(X, y, "
    "initial=classifier) goes on from them; for a new model write sklearn.base.clone(classifier).fit(X, y)"
)
# Settings that have a parameter of the same name.
NAMED = ("epochs", "batch_size", "learning_rate")
# Tasks that fit infers from y.
TOLD_BY_LABELS = ("single_label", "multi_label")
# Settings whose value "none" is None elsewhere.
NONE_IS_NAMED = ("class_weights", "decay")
# Values of settings that have another type elsewhere, such as early_stopping=True.
EXAMPLES: dict[str, Any] = {"patience": 3, "class_weights": "balanced"}


def explain_keywords(init: Init) -> Init:
    """An ``__init__`` that says of a keyword that is no parameter where it belongs. Its signature stays."""
    parameters = inspect.signature(init).parameters

    @wraps(init)
    def checked(self: Any, *args: Any, **keywords: Any) -> None:
        for name, value in keywords.items():
            if name not in parameters:
                raise unknown_parameter(name, value, [one for one in parameters if one != "self"])
        init(self, *args, **keywords)

    return cast(Init, checked)


def unknown_parameter(name: str, value: Any, parameters: list[str]) -> SettingsError:
    """What to write instead of ``TextClassifier(name=value)``."""
    received = f"TextClassifier has no parameter {name!r:.80}"
    if name in PARAMETERS:
        return SettingsError(received, f"Give {PARAMETERS[name]}={value!r:.40}.")
    if name in MEANT:
        return SettingsError(received, f"Did you mean {MEANT[name]}? Give {MEANT[name]}={value!r:.40}.")
    if callable(value) and name in ("tokenizer", "tokens", "analyzer"):
        hint = 'Register it, recurra.tokenizers.register("mine", function), and give options={"tokens": "mine"}.'
        return SettingsError(received, hint)
    if name == "listener":
        return SettingsError(received, "Give callbacks=[...] to fit.")
    if name in OF_FIT:
        return SettingsError(received, f"Give it to fit: fit(X, y, {name}=...).")
    if name in MEANT_OF_FIT:
        return SettingsError(received, f"Give {MEANT_OF_FIT[name]} to fit: fit(X, y, {MEANT_OF_FIT[name]}=...).")
    if _weighs_classes(name, value):
        return SettingsError(received, CLASS_WEIGHTS)
    settings = setting_names()
    if name in settings:
        hint = f"It is a setting: give {_as_option(name, value)}, or options__{name} to set_params and in grids."
        return SettingsError(received, hint)
    known = setting_meant(name)
    close = [known] if known else get_close_matches(name, [*parameters, *settings], n=1, cutoff=0.75)
    close = [PARAMETERS.get(one, one) for one in close]
    if close and close[0] not in parameters:
        return SettingsError(received, f"Did you mean {_as_option(close[0], value)}?")
    meant = f"Did you mean {close[0]}? " if close else ""
    return SettingsError(received, f"{meant}The parameters are {', '.join(parameters)}.")


def unknown_of_fit(name: str, value: Any, parameters: Collection[str]) -> SettingsError:
    """What to write instead of ``fit(X, y, name=value)``.

    Args:
        name: no argument of ``fit``.
        value: what was given.
        parameters: those of the constructor.
    """
    received = f"fit has no argument {name!r:.80}"
    if name in MEANT_OF_FIT:
        return SettingsError(received, f"Give fit(X, y, {MEANT_OF_FIT[name]}=...).")
    if _weighs_classes(name, value):
        return SettingsError(received, CLASS_WEIGHTS)
    if name in WEIGHTS and hasattr(value, "__len__") and not isinstance(value, str):
        return SettingsError(received, f"Did you mean sample_weight? Give fit(X, y, sample_weight={name}).")
    settings = setting_names()
    meant = name if name in (*parameters, *settings) else setting_meant(name)
    meant = meant and PARAMETERS.get(meant, meant)
    if meant in parameters:
        return SettingsError(received, f"Give it to the classifier: TextClassifier({meant}={value!r:.40}).")
    if meant is not None:
        return SettingsError(received, f"Give it to the classifier: TextClassifier({_as_option(meant, value)}).")
    close = get_close_matches(name, OF_FIT, n=1, cutoff=0.75)
    hint = f"Did you mean {close[0]}? " if close else ""
    return SettingsError(received, f"{hint}The arguments are X, y, {', '.join(OF_FIT)}; settings go to TextClassifier.")


def _weighs_classes(name: str, value: Any) -> bool:
    return isinstance(value, Mapping) and "class_weights" in (name, setting_meant(name))


def _as_option(name: str, value: Any) -> str:
    example = EXAMPLES.get(name, value)
    return f'options={{"{name}": {(value if type(value) is type(example) else example)!r:.40}}}'


def split_options(parameters: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The parameters that are whole, and the settings of those such as ``options__hidden``."""
    whole = {name: value for name, value in parameters.items() if not name.startswith(PREFIX)}
    return whole, {name.removeprefix(PREFIX): value for name, value in parameters.items() if name not in whole}


def check_names(settings: Collection[str]) -> None:
    """That there are settings of these names, which no parameter has instead.

    Raises:
        SettingsError: there is another name, or none.
    """
    for name in settings:
        if name in PARAMETERS:
            raise SettingsError(f"{PREFIX}{name} is a parameter of its own", f"Set {PARAMETERS[name]}.")
        if name not in (known := setting_names()):
            raise SettingsError(f"There is no setting {name!r:.80}", choices(name, sorted(known), "settings"))


def checked_options(options: Any, named: Mapping[str, Any]) -> Mapping[str, Any]:
    """The options, of which none is given twice, with poolings as a list, and ``"none"`` where ``None`` means it.

    Args:
        options: settings by their names, or ``None``.
        named: settings that have parameters of their own, where those are given.

    Raises:
        SettingsError: they are no mapping, or a setting is given both ways, with different values, or ``tokens`` is a
            function.
    """
    if options is None:
        return {}
    if not isinstance(options, Mapping):
        raise SettingsError(f"options is {options!r:.80}", 'Give a mapping of settings, such as {"hidden": 64}.')
    for name in options:
        if not isinstance(name, str):
            raise SettingsError(
                f"options gives {name!r:.40} = {options[name]!r:.40}", 'Name settings by texts, such as {"hidden": 64}.'
            )
    if callable(options.get("tokens")):
        raise SettingsError(
            f"options gives tokens = {options['tokens']!r:.60}",
            'Register the function, recurra.tokenizers.register("mine", function), and give {"tokens": "mine"}.',
        )
    options = plain(options)
    if _weighs_classes("class_weights", weights := options.get("class_weights")):
        raise SettingsError(f"options gives class_weights = {weights!r:.60}", CLASS_WEIGHTS)
    for name, value in named.items():
        if name in options and options[name] != value:
            parameter = PARAMETERS.get(name, name)
            raise SettingsError(
                f"options gives {name} = {options[name]!r:.40}, and {parameter} is {value!r:.40}",
                f"Give {parameter}={options[name]!r:.40} and leave it out of options.",
            )
    # As a study of tuning writes several.
    joined = {"pooling": pooling.split("+")} if isinstance(pooling := options.get("pooling"), str) else {}
    without = {name: "none" for name in NONE_IS_NAMED if name in options and options[name] is None}
    return {**options, **joined, **without}


def with_options(recipe: Recipe, options: Mapping[str, Any]) -> Recipe:
    """The recipe with single settings changed (:meth:`recurra.presets.Recipe.with_options`).

    Raises:
        SettingsError: there is no such setting or value; it names booleans as Python has them.
    """
    try:
        return recipe.with_options(options)
    except SettingsError as error:
        # Files and commands write them in small letters.
        raise SettingsError(error.received, error.hint.replace("true or false", "True or False")) from error


def seed_of(random_state: Any) -> int | None:
    """The seed that ``random_state`` is, or that the next draw of such a generator gives, as in scikit-learn.

    Raises:
        SettingsError: it is neither, nor ``None``.
    """
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(1 << 31, dtype=np.int64))
    if random_state is None:
        return None
    if isinstance(random_state, int | np.integer) and not isinstance(random_state, bool) and random_state >= 0:
        return int(random_state)
    raise SettingsError(
        f"random_state is {random_state!r:.80}",
        "Give a whole number of 0 or more, a numpy.random.RandomState, or None.",
    )


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values with Python's numbers and lists in place of NumPy's, which grids are made of."""
    return {
        name: value.tolist() if isinstance(value, np.generic | np.ndarray) else value for name, value in values.items()
    }


def parameters_of(bundle: Bundle) -> dict[str, Any]:
    """The parameters of a classifier that trains as a model was trained, where they are not the default ones."""
    preset, options, seed, vectors = settings_of_model(bundle)
    named = {name: options.pop(name) for name in NAMED if name in options}
    return {
        "model": preset,
        "options": options or None,
        **named,
        "vectors": vectors,
        **({} if seed is None else {"random_state": seed}),
        **({} if bundle.task.name in TOLD_BY_LABELS else {"task": bundle.task.name}),
    }


def changed(values: Mapping[str, Any], before: Mapping[str, Any] | None) -> dict[str, Any]:
    """The values that were not so before."""
    before = before or {}
    return {name: value for name, value in values.items() if name not in before or before[name] != value}
