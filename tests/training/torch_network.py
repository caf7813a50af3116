"""The whole network and its loss in plain operations of torch, float64, one document and one word at a time.

Shares nothing with the package but the names of settings and weights, so torch differentiates all of it by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

Weights = Mapping[str, Tensor]


def simple_rnn(x: Tensor, h: Tensor, c: Tensor, w: Weights) -> tuple[Tensor, Tensor]:
    return torch.tanh(x @ w["W_I"] + h @ w["W_H"] + w["b"]), c


def lstm(x: Tensor, h: Tensor, c: Tensor, w: Weights) -> tuple[Tensor, Tensor]:
    i, f, g, o = (x @ w["W_I"] + h @ w["W_H"] + w["b"]).chunk(4)
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c


def gru(x: Tensor, h: Tensor, c: Tensor, w: Weights) -> tuple[Tensor, Tensor]:
    """The reset gate comes after the recurrent product, as in Keras and cuDNN."""
    input_z, input_r, input_h = (x @ w["W_I"] + w["b"]).chunk(3)
    state_z, state_r, state_h = (h @ w["W_H"] + w["b_H"]).chunk(3)
    z, r = torch.sigmoid(input_z + state_z), torch.sigmoid(input_r + state_r)
    return z * h + (1 - z) * torch.tanh(input_h + r * state_h), c


def gru_reset_before(x: Tensor, h: Tensor, c: Tensor, w: Weights) -> tuple[Tensor, Tensor]:
    input_z, input_r, input_h = (x @ w["W_I"] + w["b"]).chunk(3)
    W_z, W_r, W_h = w["W_H"].chunk(3, dim=1)
    z, r = torch.sigmoid(input_z + h @ W_z), torch.sigmoid(input_r + h @ W_r)
    return z * h + (1 - z) * torch.tanh(input_h + (r * h) @ W_h), c


def sru(x: Tensor, h: Tensor, c: Tensor, w: Weights) -> tuple[Tensor, Tensor]:
    """The version with peepholes and a highway connection through weights of its own."""
    input_f, input_r, candidate, highway = (x @ w["W_I"] + w["b"]).chunk(4)
    v_f, v_r = w["W_H"]
    f, r = torch.sigmoid(input_f + v_f * c), torch.sigmoid(input_r + v_r * c)
    c = candidate + (c - candidate) * f
    return highway + (c - highway) * r, c


def min_gru(x: Tensor, h: Tensor, c: Tensor, w: Weights) -> tuple[Tensor, Tensor]:
    """The paper's update gate lets the candidate in; here it is the share that is kept."""
    input_z, candidate = (x @ w["W_I"] + w["b"]).chunk(2)
    return torch.lerp(h, candidate, torch.sigmoid(-input_z)), c


def min_lstm(x: Tensor, h: Tensor, c: Tensor, w: Weights) -> tuple[Tensor, Tensor]:
    input_i, input_f, candidate = (x @ w["W_I"] + w["b"]).chunk(3)
    shares = torch.softmax(torch.stack([torch.nn.functional.logsigmoid(one) for one in (input_f, input_i)]), dim=0)
    return shares[0] * h + shares[1] * candidate, c


STEPS = {
    "simple_rnn": simple_rnn,
    "lstm": lstm,
    "gru": gru,
    "gru_reset_before": gru_reset_before,
    "sru": sru,
    "min_gru": min_gru,
    "min_lstm": min_lstm,
}


def states_of(shape: Any, weights: Weights, ids: Sequence[int]) -> Tensor:
    """[T, D], the top layer's states of a document of T words, both directions side by side."""
    inputs = list(weights["embedding"][list(ids)])
    for layer in range(shape.layers):
        sides = []
        for direction in ("forward", "backward")[: 1 + shape.bidirectional]:
            prefix = f"layers.{layer}.{direction}."
            own = {name.removeprefix(prefix): weight for name, weight in weights.items() if name.startswith(prefix)}
            h = c = torch.zeros(shape.hidden, dtype=torch.float64)
            states = []
            for x in inputs if direction == "forward" else reversed(inputs):
                h, c = STEPS[shape.cell](x, h, c, own)
                states.append(h)
            sides.append(states if direction == "forward" else states[::-1])
        inputs = [torch.cat(at_a_word) for at_a_word in zip(*sides, strict=True)]
    return torch.stack(inputs)


def logits_of(shape: Any, weights: Weights, ids: Sequence[int]) -> Tensor:
    """[C] of one document; one without words has nothing but the output's bias."""
    if not ids:
        return weights["b_O"]
    states = states_of(shape, weights, ids)
    parts = []
    for name in shape.pooling:
        if name == "last":
            # The last state of each direction: the backward one ends at the first word.
            parts += [states[-1, : shape.hidden], states[0, shape.hidden :]]
        elif name == "max":
            parts.append(states.max(dim=0).values)
        elif name == "mean":
            parts.append(states.mean(dim=0))
        else:
            scores = torch.tanh(states @ weights["attention.W"] + weights["attention.b"]) @ weights["attention.v"]
            parts.append(torch.softmax(scores, dim=0) @ states)
    return torch.cat(parts) @ weights["W_O"] + weights["b_O"]


def loss_of(logits: Tensor, targets: np.ndarray, all_targets: np.ndarray, training: Any) -> Tensor:
    """The mean loss of a batch: int64[B] are classes, bool[B, C] sets of labels.

    Classes are weighed by rows / (classes · rows of the class), and the mean is by the weight of each row's class.
    """
    smoothing, count = training.label_smoothing, logits.shape[1]
    if targets.dtype == bool:
        wanted = torch.tensor(targets * (1 - smoothing) + smoothing / 2)
        each = torch.nn.functional.softplus(logits) - wanted * logits
        return each.mean()
    weights = torch.ones(count, dtype=torch.float64)
    if training.class_weights == "balanced":
        rows = np.array([np.sum(all_targets == place) for place in range(count)])
        weights = torch.tensor(len(all_targets) / (count * rows))
    logs = logits - torch.logsumexp(logits, dim=1, keepdim=True)
    wanted = torch.eye(count, dtype=torch.float64)[targets] * (1 - smoothing) + smoothing / count
    missing = (1 - logs.exp()) ** training.focal_gamma if training.loss == "focal" else 1
    return -(wanted * weights * missing * logs).sum() / weights[targets].sum()


def loss_and_gradients(
    shape: Any,
    arrays: Mapping[str, np.ndarray],
    documents: Sequence[Sequence[int]],
    targets: np.ndarray,
    all_targets: np.ndarray,
    training: Any,
) -> tuple[float, dict[str, np.ndarray]]:
    """Of a batch, by every weight; where pads are read, documents are filled up to the longest of the batch."""
    weights = {name: torch.tensor(array, dtype=torch.float64, requires_grad=True) for name, array in arrays.items()}
    longest = 0 if shape.masked else max(map(len, documents))
    read = [[*ids, *[0] * (longest - len(ids))] for ids in documents]
    logits = torch.stack([logits_of(shape, weights, ids) for ids in read])
    loss = loss_of(logits, targets, all_targets, training)
    gradients = torch.autograd.grad(loss, list(weights.values()), allow_unused=True, materialize_grads=True)
    return loss.item(), {name: part.numpy() for name, part in zip(weights, gradients, strict=True)}
