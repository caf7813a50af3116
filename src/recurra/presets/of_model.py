"""The recipe by which a trained model is trained on, and the settings by which another is trained like it."""

from __future__ import annotations

from typing import Any, NamedTuple

from recurra.bundle import Bundle
from recurra.errors import SettingsError
from recurra.linear_branch.settings import BranchSettings
from recurra.presets.load import load_preset, preset_names
from recurra.presets.recipe import Recipe, setting_names
from recurra.presets.training_settings import TrainingSettings

__all__ = ["ModelSettings", "recipe_of_model", "settings_of_model"]

# The preset from which the settings of a model differ that names none of those that are shipped.
DEFAULT = "default"


class ModelSettings(NamedTuple):
    """The settings by which a new model is trained as one was.

    Attributes:
        preset: name of a shipped preset.
        options: the settings that differ from the preset's.
        seed: of its training; ``None`` where its record does not have it.
        vectors: name of the pretrained vectors, or of their file without its folder; ``None`` where it had none.
    """

    preset: str
    options: dict[str, Any]
    seed: Any
    vectors: str | None


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


def settings_of_model(bundle: Bundle) -> ModelSettings:
    """The settings that a model was trained with; of training those that its record has, and else the preset's.

    They are not checked, as the model predicts all the same: its optimiser may not be registered, for instance.
    """
    named = bundle.record.get("preset")
    preset = named if named in preset_names() else DEFAULT
    base = load_preset(preset)
    if base.text.tokens != bundle.text.tokens:
        base = base.with_options({"tokens": bundle.text.tokens})
    training, vectors = (bundle.record.get(name) for name in ("training", "vectors"))
    training = training if isinstance(training, dict) else {}
    found = {
        **bundle.text.to_dict(),
        **bundle.network.to_dict(),
        # Without a branch nothing else of it counts.
        **(bundle.branch.settings.to_dict() if bundle.branch else {"branch": False}),
        **{name: value for name, value in training.items() if name in setting_names()},
    }
    seed = found.pop("seed", None)
    name = vectors.get("name") if isinstance(vectors, dict) else None
    if name is not None:
        # It follows from the vectors.
        found.pop("embedding")
    before = {name: value for section in base.sections().values() for name, value in section.to_dict().items()}
    differing = {name: value for name, value in found.items() if before[name] != value}
    if load_preset(preset).text.tokens != bundle.text.tokens:
        differing = {"tokens": bundle.text.tokens, **differing}
    return ModelSettings(preset, differing, seed, None if name is None else str(name).replace("\\", "/").split("/")[-1])
