"""Presets: a text pipeline, a network and a training recipe under one name, each a short TOML file."""

from recurra.presets.of_model import preset_to_continue
from recurra.presets.preset import Preset, load_preset, preset_names

__all__ = ["Preset", "load_preset", "preset_names", "preset_to_continue"]
