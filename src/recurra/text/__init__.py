"""From text to token ids: fields, tokens, vocabulary, labels, pretrained vectors."""

from recurra.text.labels import Labels
from recurra.text.pipeline import TextPipeline
from recurra.text.settings import TextSettings
from recurra.text.vectors import load_vectors
from recurra.text.vocabulary import PAD_ID, UNKNOWN_ID, Vocabulary

__all__ = ["PAD_ID", "UNKNOWN_ID", "Labels", "TextPipeline", "TextSettings", "Vocabulary", "load_vectors"]
