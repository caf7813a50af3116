"""How a network is trained."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from recurra.errors import SettingsError
from recurra.settings import Settings, at_least, choices, share

__all__ = ["OPTIMISERS", "TrainingSettings"]

OPTIMISERS: dict[str, None] = dict.fromkeys(("adam", "adamw", "keras_adam", "sparse_adam"))
"""The optimisers' names, in order; ``recurra.training.optimisers.register`` adds to them."""


@dataclass(frozen=True, kw_only=True)
class TrainingSettings(Settings):
    """Settings of a training run.

    Attributes:
        epochs: passes over the training rows, at most.
        batch_size: documents in a step.
        batch_tokens: tokens in a step, counted with padding, at most; ``None`` sets no such bound.
        bucketing: batch documents of like length together.
        optimiser: ``adam`` (Kingma and Ba 2015), ``adamw`` (Loshchilov and Hutter 2019, arXiv 1711.05101),
            ``keras_adam``, which squares the embedding's gradient token by token, as Keras does on TensorFlow, or
            ``sparse_adam``, which leaves alone the words that a batch does not hold; the others move them, too;
            or one of your own (:func:`recurra.training.optimisers.register`).
        learning_rate: learning rate after warm-up.
        epsilon: added to the root of the second moment.
        weight_decay: weight decay of ``adamw``.
        warmup: share of all steps over which the learning rate rises from 0.
        decay: how the learning rate falls after warm-up: ``none``, ``linear`` or ``cosine``, towards 0 behind the last
            step.
        clip: largest norm of all gradients together; 0 does not clip.
        loss: ``cross_entropy``, or ``focal``, which counts rows less that are answered well already (Lin et al. 2017,
            arXiv 1708.02002).
        focal_gamma: γ of ``focal``: a row counts (1 - p)^γ of what it did; 0 is cross-entropy.
        label_smoothing: share of the target spread over all classes.
        class_weights: ``balanced`` weighs classes by rows / (classes × rows of the class), ``none`` all alike.
        sampler: ``shuffle`` reads every row once an epoch; ``balanced`` draws as many rows, of every class alike.
        averaging: decay of an exponential moving average of the weights, which is what validation, saving and
            predicting then use; 0 keeps the last weights.
        validation: share of the training rows held out, at most 2,000 rows; 0 holds out none.
        patience: epochs without a lower validation loss before stopping; 0 never stops early. Where weights are
            averaged, an epoch whose loss is above the lowest by more than one standard error of the rows' differences
            ends training at once. Whenever rows are held out and ``patience`` is above 0, the best epoch's weights are
            restored.
        calibrate: divide the trained network's output by the temperature that makes its probabilities as sure as they
            are right on the held-out rows (:mod:`recurra.evaluation.temperature`). No answer changes. Where there is a
            linear branch, the factors of both hold the temperature; without it their sum is as large as the network's
            output alone.
        precision: ``float32``, or ``bfloat16`` for mixed precision on a GPU.
        freeze_vectors: keep pretrained vectors as they are.
        weights: how the model file stores the large weights: ``float32``, or ``int8`` or ``int8_compact``, rounded as
            in :mod:`recurra.bundle.int8`. The scores are then those of the rounded weights.
        max_bytes: bytes that the model file takes at most; ``None`` sets no bound. The vocabulary is cut to fit, and
            the linear branch keeps the n-grams and subwords with the largest weights.
        seed: seed of every random choice.
    """

    epochs: int = 1
    batch_size: int = 64
    batch_tokens: int | None = None
    bucketing: bool = False
    optimiser: str = "adam"
    learning_rate: float = 1e-3
    epsilon: float = 1e-7
    weight_decay: float = 0.0
    warmup: float = 0.0
    decay: Literal["none", "linear", "cosine"] = "none"
    clip: float = 0.0
    loss: Literal["cross_entropy", "focal"] = "cross_entropy"
    focal_gamma: float = 2.0
    label_smoothing: float = 0.0
    class_weights: Literal["none", "balanced"] = "none"
    sampler: Literal["shuffle", "balanced"] = "shuffle"
    averaging: float = 0.0
    validation: float = 0.05
    patience: int = 0
    calibrate: bool = True
    precision: Literal["float32", "bfloat16"] = "float32"
    freeze_vectors: bool = False
    weights: Literal["float32", "int8", "int8_compact"] = "float32"
    max_bytes: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.optimiser not in OPTIMISERS:
            raise SettingsError(
                f"optimiser is {self.optimiser!r:.80}",
                f"{choices(self.optimiser, OPTIMISERS, 'optimisers')} Register your own first.",
            )
        for name, least in {
            "epochs": 1,
            "batch_size": 1,
            "patience": 0,
            "weight_decay": 0,
            "clip": 0,
            "focal_gamma": 0,
            "seed": 0,
        }.items():
            at_least(name, getattr(self, name), least)
        for name in ("warmup", "label_smoothing", "averaging", "validation"):
            share(name, getattr(self, name))
        for name in ("learning_rate", "epsilon"):
            if not 0 < getattr(self, name) < float("inf"):
                raise SettingsError(f"{name} is {getattr(self, name)}", "Give a number above 0.")
        if self.seed >= 2**63:
            raise SettingsError(f"seed is {self.seed}", "Give a number below 2**63.")
        for name in ("batch_tokens", "max_bytes"):
            if getattr(self, name) is not None:
                at_least(name, getattr(self, name), 1)
        if self.focal_gamma == float("inf"):
            raise SettingsError(f"focal_gamma is {self.focal_gamma}", "Give a number of 0 or more; 2 is usual.")
        if self.focal_gamma != 2.0 and self.loss != "focal":
            raise SettingsError(f"focal_gamma is {self.focal_gamma} with {self.loss}", "Set loss to focal.")
        if self.sampler == "balanced" and self.class_weights == "balanced":
            raise SettingsError(
                "sampler and class_weights are both balanced", "Choose one: together they count rare classes twice."
            )
        if self.weight_decay and self.optimiser != "adamw":
            raise SettingsError(f"weight_decay is {self.weight_decay} with {self.optimiser}", "Set optimiser to adamw.")

    def rate_at(self, progress: float) -> float:
        """The learning rate after a share ``progress`` of the training, from 0 to 1.

        It rises in a line over the first ``warmup``, then stays or falls to 0 in a line or along half a cosine
        (Loshchilov and Hutter 2017, arXiv 1608.03983).
        """
        if progress < self.warmup:
            return self.learning_rate * progress / self.warmup
        rest = (progress - self.warmup) / (1 - self.warmup)
        factor = {"none": 1.0, "linear": 1 - rest, "cosine": (1 + math.cos(math.pi * rest)) / 2}[self.decay]
        return self.learning_rate * factor
