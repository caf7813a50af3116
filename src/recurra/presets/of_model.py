"""The recipe by which a trained model is trained on."""

from __future__ import annotations

from recurra.bundle import Bundle
from recurra.errors import SettingsError
from recurra.linear_branch.settings import BranchSettings
from recurra.presets.recipe import Recipe
from recurra.presets.training_settings import TrainingSettings

__all__ = ["recipe_of_model"]


def recipe_of_model(bundle: Bundle) -> Recipe:
    """Text pipeline, network and training settings of a model, but no early stopping (``patience`` is 0).

    A trained model is sure of itself: while it learns a new class, the loss on rows held out is held up by the few that
    it gets wrong, and the first epoch may have the lowest although the class is not learned yet.

    Raises:
        SettingsError: its record does not have them.
    """
    record = bundle.record
    values = record.get("training")
    if not isinstance(values, dict):
        raise SettingsError("The model's record has no training settings", "Give a model that Recurra trained.")
    training = TrainingSettings.from_dict(values, where="the model's record").replace(patience=0)
    name = record.get("preset")
    return Recipe(
        name=name if isinstance(name, str) else "", text=bundle.text, network=bundle.network,
        branch=bundle.branch.settings if bundle.branch else BranchSettings(), training=training,
    )  # fmt: skip
