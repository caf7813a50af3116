"""The classifier as a torch module: embedding, recurrent stack, pooling, output."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from recurra.batches import BatchPart
from recurra.cells import cell_named
from recurra.errors import SettingsError
from recurra.models.batch import BatchLike
from recurra.models.pooling import pool
from recurra.networks.settings import NetworkSettings
from recurra.networks.shapes import DIRECTIONS
from recurra.recurrence.engines import Weights, engine_for

__all__ = ["Network", "Output", "RowKind", "TokenVectors"]

UNKNOWN = 1
RowKind = Literal["tokens", "documents"]
# A one-hot batch is a [N, rows] matrix; with more rows the input should be an embedding.
LARGEST_ONE_HOT = 5_000


class Output(NamedTuple):
    """The output of the network.

    Attributes:
        logits: [B, C], in the order of the batch's documents.
        steps: [N, C], the logits at every token in packed order, if ``every_step`` asks for them.
    """

    logits: Tensor
    steps: Tensor | None = None


class TokenVectors(NamedTuple):
    """The tokens of the last training batch, for optimisers that need each token's gradient.

    Attributes:
        ids: int64[N], after word dropout.
        vectors: [N, E], their rows of the embedding; ``vectors.grad`` is set by the backward pass.
    """

    ids: Tensor
    vectors: Tensor


class Network(nn.Module):
    """A recurrent text classifier.

    Args:
        settings: the network's shape.
        weights: arrays by the names of :func:`recurra.networks.shapes.weight_shapes`.
        engine: name of the engine, ``auto`` for the fastest that supports the cell.

    Attributes:
        generator: of the dropout masks, on the weights' device.
        keep_token_vectors: whether a training pass stores its ``token_vectors``.
        token_vectors: the tokens of the last training pass, if stored.
        part: which part of a batch the next training pass is given; ``None`` for the whole. The random numbers of a
            document are the same in both.
    """

    def __init__(
        self, settings: NetworkSettings, weights: Mapping[str, npt.NDArray[np.floating]], *, engine: str = "auto"
    ) -> None:
        super().__init__()
        if settings.input == "one_hot" and len(weights["layers.0.forward.W_I"]) > LARGEST_ONE_HOT:
            raise SettingsError(
                f"input is one_hot with {len(weights['layers.0.forward.W_I']):,} tokens",
                f"Lower vocabulary_size to {LARGEST_ONE_HOT:,} or read characters or bytes; or use an embedding.",
            )
        self.settings = settings
        self.cell = cell_named(settings.cell)
        self._engine = engine
        self.engine = engine_for(engine, self.cell)
        # torch does not allow dots in a parameter's name. Its fused optimisers match weights and moments by their
        # position in memory, so a weight must be contiguous, as the moments of a resumed run are.
        self._weights = nn.ParameterDict(
            {name.replace(".", ":"): torch.tensor(array).contiguous() for name, array in weights.items()}
        )
        self.generator = torch.Generator()
        self.keep_token_vectors = False
        self.token_vectors: TokenVectors | None = None
        self.part: BatchPart | None = None

    def named_weights(self) -> dict[str, nn.Parameter]:
        """The parameters under the model file's names."""
        return {name.replace(":", "."): weight for name, weight in self._weights.items()}

    def arrays(self) -> dict[str, npt.NDArray[np.float32]]:
        """Copies of the weights as float32 arrays, for the model file."""
        return {name: weight.detach().float().cpu().numpy().copy() for name, weight in self.named_weights().items()}

    def place(self, device: torch.device | str, *, seed: int) -> None:
        """Moves the weights to a device, selects the engine for it and seeds the dropout masks there."""
        self.to(device)
        self.engine = engine_for(self._engine, self.cell, device=torch.device(device).type)
        self.generator = torch.Generator(device)
        self.generator.manual_seed(seed)

    def forward(self, batch: BatchLike) -> Output:
        """The logits of a batch; in training mode with dropout.

        Args:
            batch: packed documents on the weights' device.
        """
        states = self.states(batch)
        attention = {name: self._weights[f"attention:{name}"] for name in "Wbv" if f"attention:{name}" in self._weights}
        pooled = self._dropout(pool(states, batch, self.settings, attention), self.settings.dropout, "documents")
        logits = pooled @ self._weights["W_O"] + self._weights["b_O"]
        steps = None
        if self.settings.every_step:
            steps = states @ self._weights["W_O"] + self._weights["b_O"]
        return Output(batch.in_batch_order(logits), steps)

    def states(self, batch: BatchLike) -> Tensor:
        """[N, H · directions], the top layer's hidden state at each token, packed."""
        states = self._inputs(batch.ids)
        for layer in range(self.settings.layers):
            if len(batch.ids) == 0:
                return states.new_zeros(0, self.settings.state_size)
            states = self._dropout(states, self.settings.dropout, "tokens")
            weights = [self.dropped_weights(layer, name) for name in DIRECTIONS[: self.settings.directions]]
            states = torch.cat(batch.layer(self.engine, self.cell, states, weights), dim=1)
        return states

    def layer_weights(self, layer: int, direction: str) -> Weights:
        """The weights of one direction of one layer."""
        prefix = f"layers:{layer}:{direction}:"
        b_H = self._weights[prefix + "b_H"] if self.cell.recurrent_bias else None
        W_H = self._weights[prefix + "W_H"] if self.cell.recurrent_shape(self.settings.hidden) else None
        return Weights(self._weights[prefix + "W_I"], W_H, self._weights[prefix + "b"], b_H)

    def dropped_weights(self, layer: int, direction: str) -> Weights:
        """The weights of one direction of one layer; in training with some recurrent weights dropped."""
        weights = self.layer_weights(layer, direction)
        if weights.W_H is None:
            return weights
        return weights._replace(W_H=self._dropout(weights.W_H, self.settings.weight_drop))

    def _inputs(self, ids: Tensor) -> Tensor:
        if self.training and self.settings.word_dropout:
            ids = ids.masked_fill(self.uniform(ids.shape, "tokens") < self.settings.word_dropout, UNKNOWN)
        if self.settings.input == "one_hot":
            W_I = self._weights["layers:0:forward:W_I"]
            return F.one_hot(ids.long(), len(W_I)).to(W_I.dtype)
        vectors = F.embedding(ids, self._weights["embedding"])
        if self.training and self.keep_token_vectors and vectors.requires_grad:
            vectors.retain_grad()
            self.token_vectors = TokenVectors(ids, vectors)
        return vectors

    def _dropout(self, values: Tensor, share: float, rows: RowKind | None = None) -> Tensor:
        if not self.training or share == 0:
            return values
        return values * ((self.uniform(values.shape, rows) >= share) / (1 - share))

    def uniform(self, shape: torch.Size, rows: RowKind | None = None) -> Tensor:
        """Uniform random numbers between 0 and 1 for a dropout mask.

        They come from the network's own generator, so a resumed run draws the same numbers, and the caller's random
        state does not change. Those of a part of a batch are drawn for the whole.

        Args:
            shape: how many.
            rows: what the rows of the mask belong to, packed tokens or documents by falling length; ``None`` for
                neither.
        """
        device = self.generator.device
        if self.part is None or rows is None:
            return torch.rand(shape, generator=self.generator, device=device)
        whole, places = self.part.whole, self.part.rows if rows == "tokens" else self.part.places
        count = len(whole.ids if rows == "tokens" else whole.order)
        drawn = torch.rand((count, *shape[1:]), generator=self.generator, device=device)
        return drawn.index_select(0, torch.from_numpy(places).to(device))
