"""``POST /v1/read`` and ``POST /v1/compare``: a text word by word, by one model or several."""

from __future__ import annotations

from typing import Any

import numpy as np
from starlette.requests import Request
from starlette.responses import Response

from recurra.runtime import Model
from recurra.serving.body import media_type, parsed, read_body
from recurra.serving.catalogue import Catalogue
from recurra.serving.classify import check_text
from recurra.serving.lane import Lane
from recurra.serving.limits import Limits
from recurra.serving.refusals import JSON, RequestError, json_response
from recurra.serving.schema import Compare, Read

__all__ = ["Reader"]


class Reader:
    """Answers requests to read.

    Args:
        catalogue: the models.
        lane: where texts are read.
        limits: of a request.
    """

    def __init__(self, catalogue: Catalogue, lane: Lane, limits: Limits) -> None:
        self._catalogue, self._lane, self._limits = catalogue, lane, limits

    async def read(self, request: Request) -> Response:
        """A text as one model reads it."""
        media_type(request, JSON)
        asked = parsed(Read, await read_body(request, self._limits))
        name = self._catalogue.named(asked.model)
        check_text(asked.text, "text", self._limits)
        return await self._lane.run(lambda: json_response(self._reading(name, asked.text)))

    async def compare(self, request: Request) -> Response:
        """A text as several models read it."""
        media_type(request, JSON)
        asked = parsed(Compare, await read_body(request, self._limits))
        most = self._limits.compared_models
        wanted = list(self._catalogue.models)[:most] if asked.models is None else asked.models
        if not 1 <= len(wanted) <= most or len(set(wanted)) < len(wanted):
            raise RequestError(
                422, f"models has {len(wanted)} names, {len(set(wanted))} of them different",
                f"Name from 1 to {most} different models, or leave it out.",
            )  # fmt: skip
        names = [self._catalogue.named(name) for name in wanted]
        check_text(asked.text, "text", self._limits)
        return await self._lane.run(
            lambda: json_response({"text": asked.text, "models": [self._reading(name, asked.text) for name in names]})
        )

    def _reading(self, name: str, text: str) -> dict[str, Any]:
        model = self._catalogue.models[name]
        tokens = len(model.bundle.pipeline.tokens(text))
        if tokens > self._limits.read_tokens:
            raise RequestError(
                422,
                f"The text has {tokens:,} tokens, and {self._limits.read_tokens:,} at most are read one by one",
                "Cut it, or ask /v1/classify for the answer alone.",
            )
        return _read(model, name, text)


def _read(model: Model, name: str, text: str) -> dict[str, Any]:
    reading = model.read(text)
    start = model.predict_proba([""])[0]
    logits = np.log(np.concatenate([start[None], reading.probabilities]).astype(np.float64))
    logits -= logits.mean(axis=1, keepdims=True)
    ids = model.bundle.pipeline.encode([text])[0].tolist()
    return {
        "model": name,
        "text": text,
        "labels": model.classes_,
        "exact": True,
        "method": "prefixes",
        "tokens": [{"text": token, "known": number > 1} for token, number in zip(reading.tokens, ids, strict=True)],
        "start": start.tolist(),
        "probabilities": reading.probabilities.tolist(),
        "evidence": np.diff(logits, axis=0).tolist(),
        "label": model.classes_[int((reading.probabilities[-1] if ids else start).argmax())],
    }
