"""``POST /v1/read`` and ``POST /v1/compare``: a text word by word, by one model or several."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from recurra.errors import SettingsError
from recurra.inspection import read
from recurra.inspection.read import ReadingJson
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
        wanted = {"gates": asked.gates, "attribution": asked.attribution}
        return await self._lane.run(lambda: json_response(self._reading(name, asked.text, **wanted)))

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

    def _reading(self, name: str, text: str, **wanted: bool) -> ReadingJson:
        model = self._catalogue.models[name]
        tokens = len(model.bundle.pipeline.tokens(text))
        if tokens > self._limits.read_tokens:
            raise RequestError(
                422,
                f"The text has {tokens:,} tokens, and {self._limits.read_tokens:,} at most are read one by one",
                "Cut it, or ask /v1/classify for the answer alone.",
            )
        try:
            return read(model, text, name=name, **wanted)
        except SettingsError as error:
            # Some networks can be read, but not be differentiated.
            raise RequestError(422, error.received, error.mend) from error
