"""The model card: a model's architecture, training data, scores and limits as one page of Markdown."""

from recurra.card.card import model_card

__all__ = ["model_card"]
