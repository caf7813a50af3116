"""The network of a run, with its first weights, on its device."""

from __future__ import annotations

import numpy as np
import torch

from recurra.batches.epochs import epoch_batches
from recurra.bundle import Bundle
from recurra.bundle.int8 import dequantize_tensors, quantize_tensors
from recurra.bundle.schema import largest_pad_to
from recurra.errors import SettingsError
from recurra.models.network import Network
from recurra.networks.initial import initial_weights
from recurra.presets import Recipe, TrainingSettings
from recurra.text.named_vectors import PretrainedVectors
from recurra.text.vocabulary import SPECIAL_IDS
from recurra.training.callbacks import Callback
from recurra.training.distributed import Processes
from recurra.training.network_memory import check_fits_memory, too_large
from recurra.training.prepare import TrainingData
from recurra.training.run import RunOptions
from recurra.training.steps.step import EncodedRows
from recurra.training.warm_start import extend_weights

__all__ = ["build", "chosen_device", "mean_longest", "round_weights"]


def build(
    recipe: Recipe,
    prepared: TrainingData,
    *,
    run: RunOptions,
    callbacks: Callback,
    initial: Bundle | None = None,
    vectors: PretrainedVectors | None = None,
    processes: Processes | None = None,
) -> Network:
    """A network for these rows.

    Args:
        recipe: the network's settings and the seed.
        prepared: the rows, with vocabulary and classes.
        run: where it computes.
        callbacks: told of new words and classes.
        initial: the model to continue from.
        vectors: what the embedding begins with, of the vocabulary's tokens; it then has their size.
        processes: those that train together.

    Raises:
        SettingsError: there is no such engine, no such device, or too little memory for such a network.
    """
    network = recipe.network if vectors is None else recipe.network.replace(embedding=vectors.values.shape[1])
    if initial is None:
        rows, outputs = prepared.pipeline.rows, prepared.task.outputs(len(prepared.classes))
        check_fits_memory(network, rows=rows, classes=outputs)
        try:
            weights = initial_weights(network, rows=rows, classes=outputs, seed=recipe.training.seed)
        except MemoryError:
            raise too_large(network, rows=rows, classes=outputs) from None
    else:
        weights = extend_weights(initial, prepared.pipeline, prepared.classes, callbacks)
    if vectors is not None:
        rows_of_tokens = weights["embedding"][SPECIAL_IDS : SPECIAL_IDS + len(vectors.values)]
        rows_of_tokens[vectors.found] = vectors.values[vectors.found]
    module = Network(network, weights, engine=run.engine)
    module.place(chosen_device(run.device, recipe.training, processes), seed=recipe.training.seed)
    return module


@torch.no_grad()
def round_weights(network: Network, *, compact: bool) -> None:
    """Rounds the weights of a network in place, as a model file with int8 weights does."""
    stored = quantize_tensors(network.arrays(), network.settings, compact=compact)
    rounded = dequantize_tensors(stored, network.settings, compact=compact)
    for name, weight in network.named_weights().items():
        weight.copy_(torch.from_numpy(rounded[name]))


def chosen_device(name: str, training: TrainingSettings, processes: Processes | None = None) -> torch.device:
    """The device of a name, ``auto`` being a GPU where there is one; each of several processes has a GPU of its own.

    Raises:
        SettingsError: it is not there, or cannot compute in the precision of the settings.
    """
    try:
        device = torch.device(("cuda" if torch.cuda.is_available() else "cpu") if name == "auto" else name)
        if processes is not None and device.type not in ("cpu", "cuda"):
            raise RuntimeError
        if processes is not None and device.type == "cuda" and device.index is None:
            device = torch.device("cuda", processes.local_rank)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError, TypeError) as error:
        # torch's own message goes over several lines.
        raise SettingsError(f"The device {name!r:.80} cannot be used here", "Choose auto or cpu.") from error
    if training.precision == "bfloat16" and device.type != "cuda":
        raise SettingsError(
            f"precision is bfloat16 on the device {device}", "Mixed precision needs a GPU; use float32."
        )
    return device


def mean_longest(rows: EncodedRows, recipe: Recipe) -> int:
    """The mean length of the first epoch's batches, each padded to its longest document.

    Raises:
        SettingsError: it is more than a model file may hold.
    """
    lengths, largest = rows.documents.lengths, largest_pad_to(recipe.network)
    batches = epoch_batches(lengths, recipe.training, 0, rows.targets)
    pad_to = round(float(np.mean([lengths[batch].max() for batch in batches])))
    if pad_to > largest:
        raise SettingsError(
            f"masked is false, so every text would be padded to {pad_to:,} tokens, the mean of the batches' longest, "
            f"and a model of this size may ask for {largest:,}",
            "Say --set masked=true, give shorter texts, or lower hidden or layers.",
        )
    return pad_to
