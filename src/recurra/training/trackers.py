"""What a command can report a training to, by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from recurra.errors import SettingsError
from recurra.training.callbacks import Callback

__all__ = ["TRACKERS", "check_trackers", "trackers_of"]

TRACKERS = ("tensorboard", "mlflow")


def check_trackers(names: Sequence[str]) -> None:
    """Raises a :class:`SettingsError` for a name that is none."""
    for name in names:
        if name not in TRACKERS:
            raise SettingsError(f"--tracker {name!r:.40}", f"Give {' or '.join(TRACKERS)}.")


def trackers_of(names: Sequence[str], folder: Path, *, say: Callable[[str], None]) -> list[Callback]:
    """The callbacks of these names, once each.

    Args:
        names: some of :data:`TRACKERS`.
        folder: of the run.
        say: told in one line if something is not reported.

    Raises:
        ModuleNotFoundError: the package of one is not installed.
    """
    found: list[Callback] = []
    if "tensorboard" in names:
        from recurra.training.tensorboard import TensorBoard

        found.append(TensorBoard(folder))
    if "mlflow" in names:
        from recurra.training.mlflow_tracker import MLflow

        found.append(MLflow(say=say))
    return found
