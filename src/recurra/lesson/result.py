"""The results of a lesson as JSON, from which its page is made.

Accuracies and shares are 0 to 1, intervals are [low, high] at 95 %. A part that was not measured is ``None``, and the
page has no section for it.
"""

from __future__ import annotations

from typing import Literal, TypedDict

from recurra.evaluation import EvaluationJson
from recurra.evaluation.mistakes import MistakeJson
from recurra.inspection.gradient_flow import FlowJson
from recurra.inspection.read import ReadingJson

__all__ = [
    "BaselineResult",
    "BucketingResult",
    "Curve",
    "EpochCost",
    "LessonResult",
    "MaskingResult",
    "ModelResult",
    "PadPoint",
    "PadSeries",
    "PadsResult",
    "Score",
    "ShuffledResult",
    "Tested",
    "VocabularyResult",
    "VocabularyRule",
]


class Score(TypedDict):
    """A test accuracy."""

    accuracy: float
    interval: list[float]


class Curve(TypedDict):
    """Loss and accuracy during training; all lists have the same length (empty if nothing was measured).

    ``epochs`` is the progress at each point in passes over the training rows (0.25 is a quarter).
    """

    epochs: list[float]
    loss: list[float]
    accuracy: list[float]


class Tested(TypedDict):
    """A classifier that was trained and tested."""

    parameters: int
    train_phrase: str
    """The rows it learned from by name, such as ``40,899 of 120,000 training rows``."""
    train_share: float | None
    """These rows as a share of the published set's training rows; ``None`` if its size is unknown."""
    seconds: float
    """Training, without reading data and without evaluation."""
    docs_per_second: float
    """Documents trained on a second: documents read × epochs / seconds."""
    peak_memory_mb: float | None
    """Largest resident memory of the process while training, in MB; ``None`` where it cannot be read."""
    train_accuracy: float
    """Accuracy of the finished model on training rows."""
    test_accuracy: float
    interval: list[float]
    """Wilson interval of the test accuracy."""


class BaselineResult(Tested):
    """The TF-IDF linear classifier, trained and tested as the networks are."""

    name: str
    """Name, such as ``TF-IDF + linear SVC``."""


class ModelResult(Tested):
    """One network."""

    preset: str
    """``lesson/lstm``."""
    cell: str
    reads: str
    """What it read: ``titles``, ``whole texts``, ``first 40 words``."""
    epochs: int
    masked: bool
    """Whether it leaves pads out."""
    learned_rows: int
    """Rows that its weights learned from, without those held out."""
    held_out: int
    choosing: int
    """Those of them that the validation curve is measured on: their texts are not learned from."""
    best_epoch: int | None
    """The epoch, from 1, at whose end the loss on held-out rows was lowest; ``None`` if no rows were held out."""
    lesson_accuracy: float | None
    """The accuracy printed in the lesson; ``None`` if there is none for this network and data set."""
    keras_accuracy: float | None
    """The accuracy of Keras on the same rows; ``None`` if there is none."""
    train_curve: Curve
    """Means over the batches since the point before, measured during training."""
    validation_curve: Curve
    """Measured on held-out rows, never on test rows."""
    evaluation: EvaluationJson
    """On the test rows: :meth:`recurra.evaluation.Evaluation.to_dict`."""
    mistakes: list[MistakeJson]
    """The most confident first: :func:`recurra.evaluation.mistakes`."""


class PadPoint(Score):
    """Accuracy when every test document gets ``pads`` times the id 0 behind its last word (0: nothing appended)."""

    pads: int


class PadSeries(TypedDict):
    """One model's accuracy as pads are appended; ``points`` by rising ``pads``, at least one."""

    name: str
    points: list[PadPoint]


class MaskingResult(TypedDict):
    """The experiment on masking: the same SimpleRNN on the same texts, without and with a mask."""

    train_phrase: str
    without_mask: Score
    with_mask: Score
    pad_to: int
    """Mean length of the training batches: without a mask, pads fill shorter texts up to it."""
    mean_pads: float
    """Pads behind a test text, on average."""
    appended: list[PadSeries]
    """Unmasked models."""
    majority_share: float
    """Share of the most frequent class among the test rows: the accuracy of a model that always names it."""


class PadsResult(TypedDict):
    """One network that reads whole texts and takes pads for words: with its pads, without them, and trained masked."""

    preset: str
    train_phrase: str
    pad_to: int
    """Mean length of the training batches, each as long as its longest text: pads fill shorter texts up to it."""
    median_words: int
    """Words of half of the test texts, at most."""
    with_pads: Score
    pads_left_out: Score
    """The same weights."""
    trained_masked: Score


class EpochCost(TypedDict):
    """Padding and time of one epoch, with or without bucketing."""

    padding_share: float
    """Pads / (pads + words), when each batch is padded to its longest document."""
    seconds: float


class BucketingResult(TypedDict):
    """The same network for one epoch on random batches and on batches of similar length."""

    preset: str
    train_phrase: str
    batch_size: int
    computation: Literal["padded", "packed"]
    """What the seconds measure: ``padded`` computes the pads too, ``packed`` leaves them out."""
    runs: int
    """Number of runs of each, alternating; the seconds are their medians."""
    without_bucketing: EpochCost
    with_bucketing: EpochCost


class ShuffledResult(TypedDict):
    """One model on the test documents with the words in order and in random order."""

    name: str
    in_order: Score
    shuffled: Score


class VocabularyRule(Score):
    """The same network with its vocabulary learned in one way."""

    name: str
    """What the vocabulary is learned from, such as ``the first 2,000 titles``."""
    tokens: int
    """Size of the vocabulary, without the two special ids."""
    unknown_share: float
    """Share of the test documents' words that have none."""


class VocabularyResult(TypedDict):
    """The experiment on the vocabulary; two rules, the lesson's first."""

    preset: str
    train_phrase: str
    rules: list[VocabularyRule]


class LessonResult(TypedDict):
    """Everything that ``recurra lesson`` measures; the keys of ``--json`` are among these."""

    dataset: str
    """Its name for people, such as ``AG News``."""
    dataset_note: str
    """Why this set was chosen, in a sentence."""
    train_rows: int
    test_rows: int
    train_phrase: str
    """``58,337 of 120,000 training rows``."""
    reads: str
    """What the networks read and how often, in a sentence."""
    seed: int
    models: list[ModelResult]
    """At least one, in the lesson's order."""
    baseline: BaselineResult | None
    masking: MaskingResult | None
    pads: PadsResult | None
    bucketing: BucketingResult | None
    shuffled: list[ShuffledResult] | None
    vocabulary: VocabularyResult | None
    reading: ReadingJson | None
    """One test document as one of the networks reads it, with gates and attribution."""
    gradients: list[FlowJson] | None
    """The gradient flow of each network before and after training."""
