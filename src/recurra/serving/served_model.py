"""A model of a service, ready to answer."""

from __future__ import annotations

import json
import weakref
from collections.abc import Callable, Sequence

from recurra.bundle import digest_in
from recurra.data.documents import Label
from recurra.runtime import Model
from recurra.serving.batcher import Batcher
from recurra.serving.limits import Limits

__all__ = ["DIGEST_HEADER", "ServedModel", "json_predictor"]

# Which model an answer comes from, also while models are being replaced.
DIGEST_HEADER = "Recurra-Model-Digest"


class ServedModel:
    """A model that was warmed up with one prediction, and the thread that computes its batches.

    A request keeps the one that it began with, so that its answer comes wholly from that model. When a replaced one is
    kept by no request any more, its thread ends and its memory is free.

    Args:
        name: its name.
        model: the model.
        limits: how much may wait.
        computed: called on the event loop with the number of texts of each finished batch.

    Attributes:
        digest: the SHA-256 that its file contains.
        batcher: computes batches; not started yet.
        head: how the JSON of its answers begins.
        headers: of its answers.

    Raises:
        RecurraError: the model returns no finite probabilities.
    """

    def __init__(self, name: str, model: Model, *, limits: Limits, computed: Callable[[int], None]) -> None:
        answer = json_predictor(model)
        # Compiles the kernels and builds the tables, so that the first request need not wait for them.
        answer(["", "warm up"])
        self.name, self.model, self.digest = name, model, digest_in(model.bundle)
        self.batcher = Batcher(answer, limits=limits, name=f"recurra-{name}", computed=computed)
        self.head = b'{"model":' + json.dumps(name, ensure_ascii=False).encode() + b',"results":['
        self.headers = {DIGEST_HEADER: self.digest}
        weakref.finalize(self, self.batcher.retire).atexit = False


def json_predictor(model: Model) -> Callable[[list[str]], Sequence[bytes]]:
    """A function from texts to results as JSON bytes: the label or labels, and the probability of every class."""
    labels = [json.dumps(label, ensure_ascii=False).encode("utf-8", "replace") for label in model.bundle.labels.classes]
    # Labels as JSON keys; nine digits tell any two float32 numbers apart.
    pairs = b",".join(_key(label).replace(b"%", b"%%") + b":%.9g" for label in model.bundle.labels.classes)
    template = b'{"%b":' % model.task.key.encode() + b'%b,"probabilities":{' + pairs + b"}}"

    def answer(texts: list[str]) -> Sequence[bytes]:
        rows = model.predict_proba(texts)
        given = model.task.decide(rows).format(labels, one=bytes, none=b"null", many=_list)
        return [template % (one, *row) for one, row in zip(given, rows.tolist(), strict=True)]

    return answer


def _list(words: Sequence[bytes]) -> bytes:
    return b"[" + b",".join(words) + b"]"


def _key(label: Label) -> bytes:
    text = label if isinstance(label, str) else json.dumps(label)
    return json.dumps(text, ensure_ascii=False).encode("utf-8", "replace")
