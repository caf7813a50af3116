"""The names and shapes of a network's weights; they are the lesson's names, and those of the model file."""

from __future__ import annotations

from recurra.cells import cell_named
from recurra.networks.settings import NetworkSettings

__all__ = ["DIRECTIONS", "count_parameters", "weight_shapes"]

DIRECTIONS = ("forward", "backward")


def weight_shapes(settings: NetworkSettings, *, rows: int, classes: int) -> dict[str, tuple[int, ...]]:
    """The name and shape of each weight, from the input to the output.

    Args:
        settings: the network's shape.
        rows: number of tokens that the network knows, including the two special ones.
        classes: number of classes.
    """
    cell = cell_named(settings.cell)
    hidden, fused = settings.hidden, settings.hidden * len(cell.gates)
    shapes: dict[str, tuple[int, ...]] = {}
    if settings.input == "embedding":
        shapes["embedding"] = (rows, settings.embedding)
    first = settings.embedding if settings.input == "embedding" else rows
    for layer in range(settings.layers):
        size = settings.state_size if layer else first
        for direction in DIRECTIONS[: settings.directions]:
            prefix = f"layers.{layer}.{direction}"
            shapes[f"{prefix}.W_I"] = (size, fused)
            recurrent = cell.recurrent_shape(hidden)
            if recurrent is not None:
                shapes[f"{prefix}.W_H"] = recurrent
            shapes[f"{prefix}.b"] = (fused,)
            if cell.recurrent_bias:
                shapes[f"{prefix}.b_H"] = (fused,)
    if "attention" in settings.pooling:
        size = settings.state_size
        shapes |= {"attention.W": (size, size), "attention.b": (size,), "attention.v": (size,)}
    return shapes | {"W_O": (settings.pooled_size, classes), "b_O": (classes,)}


def count_parameters(settings: NetworkSettings, *, rows: int, classes: int) -> dict[str, int]:
    """Number of parameters of each part of the network: ``embedding``, ``layers.0`` …, ``attention``, ``output``."""
    counts: dict[str, int] = {}
    for name, shape in weight_shapes(settings, rows=rows, classes=classes).items():
        if name in {"W_O", "b_O"}:
            part = "output"
        else:
            part = ".".join(name.split(".")[: 2 if name.startswith("layers.") else 1])
        size = 1
        for side in shape:
            size *= side
        counts[part] = counts.get(part, 0) + size
    return counts
