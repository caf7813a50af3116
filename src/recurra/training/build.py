"""The network of a run, with its first weights, on its device."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from recurra.bundle import Bundle
from recurra.errors import SettingsError
from recurra.models.network import Network
from recurra.networks.initial import initial_weights
from recurra.networks.settings import NetworkSettings
from recurra.presets import Recipe, TrainingSettings
from recurra.text import TextPipeline, load_vectors
from recurra.text.vocabulary import SPECIAL_IDS
from recurra.training.callbacks import Callback
from recurra.training.prepare import TrainingData
from recurra.training.run import RunOptions
from recurra.training.warm_start import extend_weights

__all__ = ["build", "chosen_device"]


def build(
    recipe: Recipe,
    prepared: TrainingData,
    *,
    run: RunOptions,
    callbacks: Callback,
    initial: Bundle | None = None,
) -> Network:
    """A network for these rows.

    Args:
        recipe: the network's settings, the seed and the vectors; if there are any, the embedding has their size.
        prepared: the rows, with vocabulary and classes.
        run: where it computes.
        callbacks: told how many words have a vector.
        initial: the model to continue from.

    Raises:
        DataError, SettingsError: the vectors cannot be used, or there is no such engine.
    """
    network, rows_of_vectors = _vectors(recipe.vectors, prepared.pipeline, recipe.network, callbacks)
    if initial is None:
        rows, outputs = prepared.pipeline.rows, prepared.task.outputs(len(prepared.classes))
        weights = initial_weights(network, rows=rows, classes=outputs, seed=recipe.training.seed)
    else:
        weights = extend_weights(initial, prepared.pipeline, prepared.classes, callbacks)
    if rows_of_vectors is not None:
        found, values = rows_of_vectors
        weights["embedding"][SPECIAL_IDS : SPECIAL_IDS + len(values)][found] = values[found]
    module = Network(network, weights, engine=run.engine)
    module.place(chosen_device(run.device, recipe.training), seed=recipe.training.seed)
    return module


def chosen_device(name: str, training: TrainingSettings) -> torch.device:
    """The device of a name, ``auto`` being a GPU where there is one.

    Raises:
        SettingsError: it is not there, or cannot compute in the precision of the settings.
    """
    try:
        device = torch.device(("cuda" if torch.cuda.is_available() else "cpu") if name == "auto" else name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise SettingsError(f"The device {name!r} cannot be used here", "Choose auto or cpu.") from error
    if training.precision == "bfloat16" and device.type != "cuda":
        raise SettingsError(
            f"precision is bfloat16 on the device {device}", "Mixed precision needs a GPU; use float32."
        )
    return device


def _vectors(
    path: Path | None, pipeline: TextPipeline, network: NetworkSettings, callbacks: Callback
) -> tuple[NetworkSettings, tuple[npt.NDArray[np.bool_], npt.NDArray[np.float32]] | None]:
    if path is None:
        return network, None
    if network.input == "one_hot":
        raise SettingsError(f"The vectors {path} are given with one_hot input", "Set input to embedding.")
    values, found = load_vectors(path, pipeline.vocabulary.tokens)
    covered = f"{int(found.sum()):,} of {len(found):,} words of the vocabulary ({found.mean():.1%})"
    callbacks.on_message(f"{covered} have a vector in {path.name}.")
    return network.replace(embedding=values.shape[1]), (found, values)
