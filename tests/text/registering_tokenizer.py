"""A file of a user's that registers a tokenizer when it is imported, with a classifier that brings it along."""

from __future__ import annotations

import recurra

recurra.tokenizers.register("shouted", lambda text: text.upper().split())


class Shouting(recurra.TextClassifier):
    """Where one of these is unpickled, this file is imported first."""
