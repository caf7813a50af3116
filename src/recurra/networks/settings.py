"""The shape of a network: input, recurrent stack, pooling, output."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from recurra.cells import cell_named
from recurra.errors import SettingsError
from recurra.settings import Settings, at_least, share

__all__ = ["POOLINGS", "NetworkSettings"]

POOLINGS = ("last", "max", "mean", "attention")


@dataclass(frozen=True, kw_only=True)
class NetworkSettings(Settings):
    """Settings of a recurrent classifier.

    Attributes:
        cell: a name in :data:`recurra.cells.CELLS`: ``simple_rnn``, ``gru``, ``gru_reset_before``, ``lstm``,
            ``sru``, ``min_gru``, ``min_lstm``, or that of a cell of your own (:func:`recurra.cells.register`).
        hidden: units of the hidden state in each direction.
        layers: number of stacked recurrent layers.
        bidirectional: read in both directions.
        input: ``embedding`` (a learned vector for each token) or ``one_hot``.
        embedding: size of a token's vector; not used with ``one_hot``.
        masked: pads are not part of the computation. ``False`` reproduces the lesson's mistake: in training each
            document gets pad tokens (id 0) up to its batch's longest, and later up to the model's ``pad_to``.
        pooling: how states become one vector; several of ``last``, ``max``, ``mean``, ``attention`` are concatenated.
            ``last`` joins the forward state at the last word with the backward state at the first.
        dropout: share of values dropped after the embedding, between layers and before the output (training only).
        weight_drop: share of recurrent weights dropped (DropConnect on W_H: Merity et al. 2018, arXiv 1708.02182).
        word_dropout: share of tokens replaced by the unknown token (Bowman et al. 2016, arXiv 1511.06349).
        every_step: share of the loss at every step, Y_t = f(W_O S_t + b_O), in the total loss; the rest is the loss of
            the pooled state (target replication: Lipton et al. 2016, arXiv 1511.03677). Needs a single pooling.
    """

    cell: str = "lstm"
    hidden: int = 64
    layers: int = 1
    bidirectional: bool = False
    input: Literal["embedding", "one_hot"] = "embedding"
    embedding: int = 64
    masked: bool = True
    pooling: tuple[str, ...] = ("last",)
    list_choices: ClassVar[Mapping[str, tuple[str, ...]]] = {"pooling": POOLINGS}
    dropout: float = 0.0
    weight_drop: float = 0.0
    word_dropout: float = 0.0
    every_step: float = 0.0

    def __post_init__(self) -> None:
        cell = cell_named(self.cell)
        for name in ("hidden", "layers", "embedding"):
            at_least(name, getattr(self, name), 1)
        for name in ("dropout", "weight_drop", "word_dropout", "every_step"):
            share(name, getattr(self, name))
        if self.weight_drop and not cell.recurrent_weights:
            raise SettingsError(
                f"weight_drop is {self.weight_drop} for the cell {self.cell}, which has no recurrent weights",
                "Leave weight_drop out, or drop values with dropout.",
            )
        wrong = [name for name in self.pooling if name not in POOLINGS]
        if wrong or not self.pooling or len(set(self.pooling)) < len(self.pooling):
            raise SettingsError(
                f"pooling is {list(self.pooling)!s:.80}",
                f"Name one or more of {', '.join(POOLINGS)}, each once, such as max+mean.",
            )
        if self.every_step and len(self.pooling) > 1:
            raise SettingsError(
                f"every_step is {self.every_step} with the poolings {', '.join(self.pooling)}",
                "An output at every step needs a single pooling, such as --set pooling=['last'].",
            )

    @property
    def uses_dropout(self) -> bool:
        """Whether training draws random masks."""
        return bool(self.dropout or self.weight_drop or self.word_dropout)

    @property
    def directions(self) -> int:
        """1, or 2 if ``bidirectional``."""
        return 2 if self.bidirectional else 1

    @property
    def state_size(self) -> int:
        """Size of a token's state at the top layer, all directions concatenated."""
        return self.hidden * self.directions

    @property
    def pooled_size(self) -> int:
        """Size of the output layer's input."""
        return self.state_size * len(self.pooling)
