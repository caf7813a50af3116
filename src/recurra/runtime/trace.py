"""All states and gates of a document, in float64.

The compiled kernels keep a state only until the next one is computed; here all are kept.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from recurra.cells import cell_named
from recurra.networks.settings import NetworkSettings
from recurra.networks.shapes import DIRECTIONS
from recurra.runtime.forward import Tensors, first_layer_products, run_layers

__all__ = ["LayerTrace", "trace_of"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class LayerTrace:
    """One direction of one layer over the T tokens of a document.

    Attributes:
        layer: number of the layer from the input, 0 first.
        direction: ``forward`` or ``backward``; a backward layer's state at a token depends on all that follow it.
        cell: name of the cell.
        h: [T, H], hidden states.
        c: [T, H], cell states, or ``None``.
        gates: [T, H] by the names of the cell's gates: i, f, g, o of an LSTM (g is the candidate), z, r, h of a GRU
            (h is the candidate); empty for a SimpleRNN, whose only activation is its state.
    """

    layer: int
    direction: str
    cell: str
    h: Array
    c: Array | None
    gates: dict[str, Array]

    def __repr__(self) -> str:
        """One line: the numbers would fill the screen."""
        gates = f", gates {', '.join(self.gates)}" if self.gates else ""
        tokens, units = self.h.shape
        return f"LayerTrace({self.layer}, {self.direction}, {self.cell}: {tokens} tokens, {units} units{gates})"

    def first(self, tokens: int) -> LayerTrace:
        """The trace of the first tokens only.

        Args:
            tokens: how many of the T tokens, from the first one on.
        """
        return replace(
            self,
            h=self.h[:tokens],
            c=None if self.c is None else self.c[:tokens],
            gates={name: gate[:tokens] for name, gate in self.gates.items()},
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "layer": self.layer,
            "direction": self.direction,
            "cell": self.cell,
            "h": self.h.tolist(),
            "c": None if self.c is None else self.c.tolist(),
            "gates": {name: gate.tolist() for name, gate in self.gates.items()},
        }


def trace_of(settings: NetworkSettings, tensors: Tensors, ids: npt.NDArray[np.int32]) -> list[LayerTrace]:
    """States and gates of one document, layer by layer, forward before backward.

    Args:
        settings: the network's shape.
        tensors: its weights.
        ids: int32[T], tokens, with the pads that an unmasked network reads after them.
    """
    products = [one[:, None] for one in first_layer_products(settings, tensors, ids)]
    weights = {name: array.astype(np.float64) for name, array in tensors.items() if name.startswith("layers.")}
    cell, found = cell_named(settings.cell), []
    for layer, passed in enumerate(run_layers(settings, weights, products)):
        for direction, steps in zip(DIRECTIONS, passed, strict=False):
            # The only activation of a cell without gates is its state.
            names = [gate.name for gate in cell.gates] if cell.gated else []
            blocks = np.split(steps.gates[:, 0], len(cell.gates), axis=1)
            found.append(
                LayerTrace(
                    layer=layer,
                    direction=direction,
                    cell=cell.name,
                    h=steps.hidden[:, 0],
                    c=None if steps.cell is None else steps.cell[:, 0],
                    gates=dict(zip(names, blocks, strict=False)),
                )
            )
    return found
