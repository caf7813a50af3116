"""What callbacks hear of a training as a whole: what is trained on what, and how it ended, whatever happens."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self

from recurra.training.callbacks import Callback, FitEnding, FitFacts

if TYPE_CHECKING:
    from recurra.bundle import Bundle
    from recurra.training.outcome import Outcome

__all__ = ["FitEvents"]


class FitEvents:
    """While entered, a training runs; its end is told also where it fails.

    Args:
        callbacks: who is told.
        facts: what is trained on what.
    """

    def __init__(self, callbacks: Callback, facts: FitFacts) -> None:
        self._callbacks, self._facts = callbacks, facts
        self._bundle: Bundle | None = None
        self._interrupted = False

    def __enter__(self) -> Self:
        self._callbacks.on_fit_begin(self._facts)
        return self

    def has_model(self, bundle: Bundle, outcome: Outcome) -> None:
        """There is a model, of a training that has ended somehow."""
        self._bundle, self._interrupted = bundle, outcome.interrupted

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        interrupted = self._interrupted or isinstance(error, KeyboardInterrupt)
        state: Literal["finished", "interrupted", "failed"]
        state = "interrupted" if interrupted else "finished" if error is None else "failed"
        self._callbacks.on_fit_end(FitEnding(state, self._bundle, "" if error is None else str(error)))
