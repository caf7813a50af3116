"""The names of the files in a run's folder, for whoever looks at runs without torch."""

from __future__ import annotations

__all__ = ["CARD", "CHECKPOINT", "EVENTS", "HISTORY", "MODEL", "RATE"]

CHECKPOINT = "checkpoint.safetensors"
MODEL = "model.safetensors"
HISTORY = "history.json"
CARD = "model-card.md"
RATE = "learning-rate.json"
EVENTS = "tensorboard"
