"""Inspection of the lesson's networks: one text read word by word, and the gradient flow."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recurra.cells import cell_named
from recurra.data.datasets import Dataset
from recurra.data.documents import Document
from recurra.inspection import gradients, read
from recurra.inspection.gradient_flow import FlowJson
from recurra.inspection.read import ReadingJson
from recurra.lesson.trained_model import TrainedModel, documents_and_labels
from recurra.networks.settings import NetworkSettings

__all__ = ["gradient_flow_result", "reading_result"]

# Test documents for each network: enough for a median, and a second or two for the largest network.
FLOW_DOCUMENTS = 200
# Test documents that are searched for one to show, and its largest number of words.
LOOKED_AT, LONGEST = 500, 30


def gradient_flow_result(trained: Sequence[TrainedModel], data: Dataset, *, seed: int) -> list[FlowJson]:
    """Every network's gradient flow before and after training, on the same test documents."""
    flows: list[FlowJson] = []
    for one in trained:
        found = gradients(one.model, data.test, name=one.preset, limit=FLOW_DOCUMENTS, seed=seed)
        flows += found.to_dict()["models"]
    return flows


def reading_result(trained: Sequence[TrainedModel], data: Dataset) -> ReadingJson:
    """A test document as one of the networks reads it, with its gates.

    Networks of one direction and those with gates are preferred. The document is the first one that the network
    classifies correctly and whose prediction changes for the last time in the second half of its words; else the first.
    """
    # False sorts before True.
    one = min(trained, key=lambda one: (_settings(one).bidirectional, not _gated(one), not _settings(one).masked))
    documents, labels = documents_and_labels(data.test)
    chosen: Document = documents[0]
    pipeline = one.model.bundle.pipeline
    for document, label in zip(documents[:LOOKED_AT], labels, strict=False):
        if not 6 <= len(pipeline.tokens(document)) <= LONGEST:
            continue
        answers = one.model.read(document).probabilities.argmax(axis=1)
        other = np.flatnonzero(answers != answers[-1])
        last_change = int(other[-1]) + 2 if len(other) else 0
        if one.model.bundle.labels.classes[int(answers[-1])] == label and last_change > len(answers) / 2:
            chosen = document
            break
    return read(one.model, chosen, name=one.preset, gates=True, attribution=True)


def _settings(one: TrainedModel) -> NetworkSettings:
    return one.model.settings


def _gated(one: TrainedModel) -> bool:
    return cell_named(_settings(one).cell).gated
