"""A network as a plain loop in torch, float64, whose every state keeps its gradient: an oracle for our own."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from recurra.cells import State, cell_named


class TorchSteps:
    """Reads vectors [T, I] and keeps ``hidden`` and ``cell`` states of the top layer, a list for each direction."""

    def __init__(self, bundle: Any, tensors: Any = None) -> None:
        self.settings = bundle.network
        self.weights = {
            name: torch.tensor(array, dtype=torch.float64) for name, array in (tensors or bundle.tensors).items()
        }

    def vectors(self, ids: Any) -> Tensor:
        places = torch.tensor([int(token) for token in ids], dtype=torch.int64)
        if self.settings.input == "one_hot":
            return torch.eye(len(self.weights["layers.0.forward.W_I"]), dtype=torch.float64)[places]
        return self.weights["embedding"][places].clone()

    def logits(self, vectors: Tensor) -> Tensor:
        settings, w = self.settings, self.weights
        cell, steps = cell_named(settings.cell), len(vectors)
        states = vectors
        for layer in range(settings.layers):
            self.hidden: list[list[Tensor]] = []
            self.cell: list[list[Tensor]] = []
            for direction in ["forward", "backward"][: settings.directions]:
                prefix = f"layers.{layer}.{direction}."
                zero = torch.zeros(1, settings.hidden, dtype=torch.float64)
                state = State(zero, zero if cell.cell_state else None)
                hidden: list[Any] = [None] * steps
                cells: list[Any] = [None] * steps
                for t in range(steps) if direction == "forward" else range(steps - 1, -1, -1):
                    projection = states[t : t + 1] @ w[prefix + "W_I"] + w[prefix + "b"]
                    state, _ = cell.step(torch, projection, state, w.get(prefix + "W_H"), w.get(prefix + "b_H"))
                    hidden[t], cells[t] = state.hidden, state.cell
                    for one in state:
                        if one is not None and one.requires_grad:
                            one.retain_grad()
                            # A state that nothing reads has no gradient otherwise.
                            one.grad = torch.zeros_like(one)
                self.hidden.append(hidden)
                self.cell.append(cells)
            states = torch.cat([torch.cat(one) for one in self.hidden], dim=1)
        parts = []
        for name in settings.pooling:
            if name == "last":
                parts += [one[-1 if place == 0 else 0][0] for place, one in enumerate(self.hidden)]
            elif name == "max":
                parts.append(states.amax(dim=0))
            elif name == "mean":
                parts.append(states.mean(dim=0))
            else:
                scores = torch.tanh(states @ w["attention.W"] + w["attention.b"]) @ w["attention.v"]
                parts.append(torch.softmax(scores, dim=0) @ states)
        return torch.cat(parts) @ w["W_O"] + w["b_O"]
