"""Names and arguments as they were before, with a warning; they go with the next release."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from recurra.training import callbacks
from recurra.training.callbacks import Callback, TrainingMetrics, ValidationMetrics
from recurra.training.steps.step import StepResults

__all__ = ["Listener", "with_old_arguments"]

Function = TypeVar("Function", bound=Callable[..., Any])

RENAMED = {"Window": "TrainingMetrics", "Check": "ValidationMetrics", "History": "History"}


class Listener(Callback):
    """A :class:`recurra.training.callbacks.Callback` with the methods it had before."""

    def __init_subclass__(cls) -> None:
        warnings.warn(
            f"{cls.__name__}: override the methods of recurra.training.callbacks.Callback instead of Listener's.",
            DeprecationWarning,
            stacklevel=2,
        )

    def read(self, what: str, documents: int, total: int) -> None:
        """Now ``on_data``."""

    def started(self, documents: int, done: int) -> None:
        """Now ``on_train_begin``."""

    def stepped(self, documents: int, loss: float) -> None:
        """Now ``on_steps_end``, once for several steps."""

    def windowed(self, window: TrainingMetrics) -> None:
        """Now ``on_log``."""

    def checked(self, check: ValidationMetrics) -> None:
        """Now ``on_validation_end``."""

    def said(self, message: str) -> None:
        """Now ``on_message``."""

    def enough(self) -> bool:
        """Now ``should_stop``."""
        return False

    def on_data(self, what: str, documents: int, total: int) -> None:
        """Calls ``read``."""
        self.read(what, documents, total)

    def on_train_begin(self, documents: int, done: int) -> None:
        """Calls ``started``."""
        self.started(documents, done)

    def on_steps_end(self, results: StepResults) -> None:
        """Calls ``stepped`` for each."""
        for result in results.taken:
            self.stepped(result.documents, result.loss)

    def on_log(self, metrics: TrainingMetrics) -> None:
        """Calls ``windowed``."""
        self.windowed(metrics)

    def on_validation_end(self, metrics: ValidationMetrics) -> None:
        """Calls ``checked``."""
        self.checked(metrics)

    def on_message(self, message: str) -> None:
        """Calls ``said``."""
        self.said(message)

    def should_stop(self) -> bool:
        """Asks ``enough``."""
        return self.enough()


def with_old_arguments(fit: Function) -> Function:
    """A function that also takes what ``fit`` took one by one before: settings, options of the run, a listener."""
    of_recipe = {"text", "network", "training", "characters", "vectors", "preset"}
    of_run = {"folder", "resume", "checkpoint_seconds", "engine", "device", "find_learning_rate"}
    of_provenance = {"cleaning", "label_separator"}

    @wraps(fit)
    def called(*arguments: Any, **new: Any) -> Any:
        old = new.keys() & (of_recipe | of_run | of_provenance | {"listener", "tensorboard"})
        if not old:
            return fit(*arguments, **new)
        warnings.warn(
            f"fit takes recipe, run, provenance and callbacks instead of {', '.join(sorted(old))}.",
            DeprecationWarning,
            stacklevel=2,
        )
        from recurra.presets import Recipe
        from recurra.training.record import Provenance
        from recurra.training.run import RunOptions

        def taken(names: set[str]) -> dict[str, Any]:
            return {name: new.pop(name) for name in names if name in new}

        recipe, run, provenance = taken(of_recipe), taken(of_run), taken(of_provenance)
        if "preset" in recipe:
            recipe["name"] = recipe.pop("preset")
        callbacks = [*new.pop("callbacks", ()), *filter(None, [new.pop("listener", None)])]
        if new.pop("tensorboard", False):
            from recurra.training.tensorboard import TensorBoard

            callbacks.append(TensorBoard(run["folder"]))
        new.update(callbacks=callbacks)
        for name, kind, values in (
            ("recipe", Recipe, {key: value for key, value in recipe.items() if value is not None}),
            ("run", RunOptions, run),
            ("provenance", Provenance, provenance),
        ):
            if values:
                new[name] = kind(**values)
        return fit(*arguments, **new)

    return cast(Function, called)


def __getattr__(name: str) -> Any:
    if name not in RENAMED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    new = RENAMED[name]
    warnings.warn(f"{name} is recurra.training.callbacks.{new} now.", DeprecationWarning, stacklevel=2)
    return getattr(callbacks, new)
