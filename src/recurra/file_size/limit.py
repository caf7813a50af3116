"""A model file of so many bytes at most: what of them vocabulary and linear branch may take."""

from __future__ import annotations

from dataclasses import dataclass

from recurra.bundle.compact import smallest_type
from recurra.file_size.estimate import LEAST_VOCABULARY, cut, fitting_vocabulary, header_room, row_bytes, tensor_bytes
from recurra.presets import Recipe
from recurra.tasks import Task
from recurra.text import Labels, TextPipeline

__all__ = ["SizeLimit"]

VOCABULARY_SHARE = 0.6
"""Of the file, for network and vocabulary where there is a linear branch; its n-grams and subwords have the rest."""


@dataclass(frozen=True)
class SizeLimit:
    """The bound of a model file's bytes, divided.

    Attributes:
        room: bytes for all tensors.
        recipe: network, branch, and the type of the weights.
        outputs: L, of the network.
    """

    room: int
    recipe: Recipe
    outputs: int

    @classmethod
    def of(cls, recipe: Recipe, classes: Labels, task: Task) -> SizeLimit | None:
        """The bound of a recipe, if it has one."""
        most = recipe.training.max_bytes
        return None if most is None else cls(most - header_room(classes), recipe, task.outputs(len(classes)))

    @property
    def ngram_bytes(self) -> int:
        """Bytes of an n-gram, two row numbers, with its weights."""
        row = row_bytes(self.outputs, weights=self._weights)
        # No more rows than fit in all.
        number = smallest_type(self.room // row).itemsize if self._weights == "int8_compact" else 4
        return 2 * number + row

    @property
    def subword_bytes(self) -> int:
        """Bytes of a subword with its weights, its UTF-8 apart."""
        # A subword has 16 characters at most, of four bytes each.
        return row_bytes(self.outputs, weights=self._weights) + (1 if self._weights == "int8_compact" else 8)

    def fitting(self, pipeline: TextPipeline, *, least: int = 0) -> TextPipeline:
        """The pipeline with as many of its most frequent tokens as there is room for.

        Args:
            pipeline: with the whole vocabulary.
            least: tokens that are kept in any case.
        """
        tokens = len(pipeline.vocabulary)
        if pipeline.settings.tokens == "bytes" or tokens <= least:
            return pipeline
        branch = self.recipe.branch.branch
        fitting = fitting_vocabulary(
            self.recipe.network, pipeline, classes=self.outputs, weights=self._weights, branch=branch,
            room=int(self.room * VOCABULARY_SHARE) if branch else self.room,
        )  # fmt: skip
        known = min(LEAST_VOCABULARY, tokens) if fitting is None else len(fitting.vocabulary)
        if fitting is None or known < least:
            return cut(pipeline, max(known, least))
        return fitting

    def ngram_room(self, pipeline: TextPipeline) -> int:
        """Bytes that are left for n-grams of two and more tokens, for subwords, and for their weights."""
        return self.room - tensor_bytes(
            self.recipe.network, pipeline, classes=self.outputs, weights=self._weights, branch=True
        )  # fmt: skip

    @property
    def _weights(self) -> str:
        return self.recipe.training.weights
