"""The model card: what a model is, learned from and is worth, as one page of Markdown."""

from recurra.card.card import model_card

__all__ = ["model_card"]
