"""Steps: from batches of training rows to updates of the weights. Which one a training takes is chosen here."""

from __future__ import annotations

from collections.abc import Callable

from recurra.models.network import Network
from recurra.presets import TrainingSettings
from recurra.training.distributed import Processes
from recurra.training.optimisers.averaging import MovingAverage
from recurra.training.steps.autograd import AutogradStep
from recurra.training.steps.compiled import CompiledStep
from recurra.training.steps.device import DeviceStep
from recurra.training.steps.step import EncodedRows, Step

__all__ = ["choose_step"]


def choose_step(
    network: Network,
    rows: EncodedRows,
    settings: TrainingSettings,
    *,
    average: MovingAverage | None = None,
    say: Callable[[str], None] = lambda message: None,
    processes: Processes | None = None,
) -> Step:
    """The fastest step that computes what network, task and settings ask for.

    Args:
        network: on its device.
        rows: to learn from.
        settings: the training settings.
        average: moving average of the weights, updated with each step.
        say: called with messages for the user, such as that memory runs out.
        processes: those that take each step together; ``None`` where this one is alone.
    """
    # Steps that stay on the device have no place for the others' gradients.
    if processes is None and DeviceStep.takes(network, settings, rows.task):
        return DeviceStep(network, rows, settings, average)
    compiled = CompiledStep.takes(network, settings, rows.task)
    return (CompiledStep if compiled else AutogradStep)(network, rows, settings, average, say, processes)
