"""The network of a job in plain torch.nn."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

from .job import Job

__all__ = ["TorchNetwork", "trained_parameters"]

_LAYERS: dict[str, type[nn.RNNBase]] = {"simple_rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
# torch's order of a GRU's gates is r, z, h; ours is Keras's z, r, h. The LSTM's is the same in all.
_ORDERS = {"simple_rnn": (0,), "gru": (1, 0, 2), "lstm": (0, 1, 2, 3)}


class TorchNetwork(nn.Module):
    """Embedding, recurrent stack, output layer on the final states, with the job's weights.

    torch has two biases a gate where the network has one; the second then stays zero and is not trained.

    Args:
        job: gives settings and weights.
        packed: leave pads out of the computation (PackedSequence); otherwise they are words like others.
    """

    def __init__(self, job: Job, *, packed: bool) -> None:
        super().__init__()
        network, weights = job.network, {name: torch.from_numpy(array) for name, array in job.weights.items()}
        self.packed, self.directions, self.hidden = packed, job.directions, network["hidden"]
        self.embedding = nn.Embedding(*weights["embedding"].shape)
        self.recurrent = _LAYERS[network["cell"]](
            network["embedding"],
            network["hidden"],
            network["layers"],
            batch_first=True,
            bidirectional=network["bidirectional"],
        )
        self.output = nn.Linear(*weights["W_O"].shape)
        self.order = _ORDERS[network["cell"]]
        for layer in range(network["layers"]):
            for direction in self.directions:
                end = f"l{layer}" + ("_reverse" if direction == "backward" else "")
                second = getattr(self.recurrent, f"bias_hh_{end}")
                second.requires_grad_(f"layers.{layer}.{direction}.b_H" in weights)
        self.load(weights)

    @torch.no_grad()
    def load(self, weights: dict[str, Tensor]) -> None:
        """Takes the weights, by Recurra's names."""
        self.embedding.weight.copy_(weights["embedding"])
        self.output.weight.copy_(weights["W_O"].T)
        self.output.bias.copy_(weights["b_O"])
        for layer in range(self.recurrent.num_layers):
            for direction in self.directions:
                name, end = f"layers.{layer}.{direction}", f"l{layer}" + ("_reverse" if direction == "backward" else "")
                getattr(self.recurrent, f"weight_ih_{end}").copy_(self._gates(weights[f"{name}.W_I"]).T)
                getattr(self.recurrent, f"weight_hh_{end}").copy_(self._gates(weights[f"{name}.W_H"]).T)
                getattr(self.recurrent, f"bias_ih_{end}").copy_(self._gates(weights[f"{name}.b"]))
                second = weights.get(f"{name}.b_H")
                target = getattr(self.recurrent, f"bias_hh_{end}")
                target.copy_(torch.zeros_like(target) if second is None else self._gates(second))

    def _gates(self, array: Tensor) -> Tensor:
        return torch.cat([array[..., gate * self.hidden : (gate + 1) * self.hidden] for gate in self.order], dim=-1)

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Logits [B, C] of padded ids [B, T]; lengths, int64[B], are read only if packed."""
        vectors = self.embedding(ids)
        if self.packed:
            # No document is empty for torch: an empty one is read as one pad.
            vectors = pack_padded_sequence(vectors, lengths.clamp(min=1), batch_first=True, enforce_sorted=False)
        _, final = self.recurrent(vectors)
        state = final[0] if isinstance(final, tuple) else final
        return self.output(torch.cat(tuple(state[-len(self.directions) :]), dim=1))  # type: ignore[no-any-return]


def trained_parameters(network: nn.Module) -> int:
    """Numbers that training moves."""
    return int(np.sum([weight.numel() for weight in network.parameters() if weight.requires_grad]))
