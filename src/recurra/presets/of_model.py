"""The preset of a trained model: what it was trained with."""

from __future__ import annotations

from recurra.bundle import Bundle
from recurra.errors import SettingsError
from recurra.presets.preset import Preset
from recurra.training.settings import TrainingSettings

__all__ = ["preset_of"]


def preset_of(bundle: Bundle) -> Preset:
    """Text pipeline, network and training settings of a model, to train it on or anew.

    Raises:
        SettingsError: its record does not have them.
    """
    record = bundle.record
    values = record.get("training")
    if not isinstance(values, dict):
        raise SettingsError("The model's record has no training settings", "Give a model that Recurra trained.")
    training = TrainingSettings.from_dict(values, where="the model's record")
    name = record.get("preset")
    return Preset(
        name=name if isinstance(name, str) else "", text=bundle.text, network=bundle.network, training=training
    )
