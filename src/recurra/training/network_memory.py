"""Refuses a network that this machine's memory cannot hold, before anything is allocated for it."""

from __future__ import annotations

import os

from recurra.errors import SettingsError
from recurra.networks.settings import NetworkSettings
from recurra.networks.shapes import count_parameters

__all__ = ["check_fits_memory", "too_large"]

# Weights and their gradients in float32: the least that training keeps, whatever the optimiser.
_BYTES = 8


def check_fits_memory(network: NetworkSettings, *, rows: int, classes: int) -> None:
    """Raises the :class:`SettingsError` of :func:`too_large` if weights and gradients exceed the machine's memory.

    Args:
        network: the network's shape.
        rows: number of tokens that it knows.
        classes: number of its outputs.
    """
    memory = _machine_memory()
    if memory is not None and _BYTES * _parameters(network, rows, classes) > memory:
        raise too_large(network, rows=rows, classes=classes)


def too_large(network: NetworkSettings, *, rows: int, classes: int) -> SettingsError:
    """The error for a network that memory does not hold; the arguments are those of :func:`check_fits_memory`."""
    count, memory = _parameters(network, rows, classes), _machine_memory()
    has = "" if memory is None else f", and this machine has {memory / 2**30:,.1f} GiB"
    names = ["hidden", "layers", *(["embedding"] if network.input == "embedding" else [])]
    shown = ", ".join(f"{name}={getattr(network, name)}" for name in names)
    return SettingsError(
        f"A network of {shown} needs {_BYTES * count / 2**30:,.1f} GiB for {count:,} weights and their gradients{has}",
        "Choose smaller values.",
    )


def _parameters(network: NetworkSettings, rows: int, classes: int) -> int:
    """The number of weights; layers above the second are as large as it, and need not be listed one by one."""
    one, two = (
        sum(count_parameters(network.replace(layers=layers), rows=rows, classes=classes).values()) for layers in (1, 2)
    )
    return one + (network.layers - 1) * (two - one)


def _machine_memory() -> int | None:
    """Bytes of physical memory, ``None`` where the system does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None
