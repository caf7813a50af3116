"""``POST /v1/classify``: one text, many, or a stream of them."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import Response

from recurra.errors import RecurraError
from recurra.serving.body import LINES, media_type, read_body, validate_json
from recurra.serving.http_errors import JSON, RequestError, json_bytes
from recurra.serving.limits import Limits
from recurra.serving.model_registry import ModelRegistry
from recurra.serving.query import STREAM_PARAMETERS, names_of
from recurra.serving.schema import ClassifyLine, ClassifyRequest, LineId
from recurra.serving.served_model import ServedModel
from recurra.serving.stream import LineStream

__all__ = ["ClassifyEndpoint", "check_text", "with_abstention"]


_IDS: TypeAdapter[str | int | None] = TypeAdapter(LineId)


class ClassifyEndpoint:
    """Answers requests to classify texts.

    Args:
        registry: the models.
        limits: bounds of a request.
        stopping: set when the service accepts no more lines of a stream.
    """

    def __init__(self, registry: ModelRegistry, limits: Limits, stopping: asyncio.Event) -> None:
        self._registry, self._limits, self._stopping = registry, limits, stopping

    async def __call__(self, request: Request) -> Response:
        """The response to a request, or a stream of answers.

        Raises:
            RequestError: the request cannot be answered.
        """
        if media_type(request, JSON, LINES) == LINES:
            return self._stream(request)
        if given := names_of(request.scope["query_string"]):
            raise RequestError(
                400,
                f"The query parameter {given[0]!r:.60} is for a stream of lines, and the body is a list of texts",
                f'Give it in the body: {{"texts": […], "{given[0]}": …}}.',
            )
        body = validate_json(ClassifyRequest, await read_body(request, self._limits))
        served = self._registry.find(body.model)
        if len(body.texts) > self._limits.texts:
            raise RequestError(
                422,
                f"There are {len(body.texts):,} texts, and the limit of a request is {self._limits.texts:,}",
                f"Send fewer at a time, or stream them as {LINES}.",
            )
        for place, text in enumerate(body.texts):
            check_text(text, f"texts[{place}]", self._limits)
        below = _abstaining(served, body.abstain_below)
        answers: list[bytes] = []
        if body.texts:
            try:
                async with asyncio.timeout(self._limits.seconds):
                    answers = await served.batcher.answers(body.texts)
            except TimeoutError:
                raise _late(self._limits) from None
        if below is not None:
            answers = [with_abstention(answer, below) for answer in answers]
        if LINES in request.headers.get("accept", ""):
            return Response(b"".join(answer + b"\n" for answer in answers), 200, served.headers, LINES)
        return Response(served.head + b",".join(answers) + b"]}", 200, served.headers, JSON)

    def _stream(self, request: Request) -> Response:
        """Each line ``{"text": …}`` is answered by one line, in order: the result, or ``{"error": …}``, with its id.

        All lines are answered by the model that the stream began with.
        """
        served = self._registry.find(request.query_params.get("model"))
        below = _abstaining(served, _number(request))

        async def answer(lines: Sequence[bytes | None]) -> bytes:
            given = [self._line(line) for line in lines]
            texts = [line.text for line in given if isinstance(line, ClassifyLine)]
            try:
                async with asyncio.timeout(self._limits.seconds):
                    found = await served.batcher.answers(texts, patient=True) if texts else []
                    answers = iter(found if below is None else [with_abstention(answer, below) for answer in found])
            except TimeoutError:
                answers = itertools.repeat(_problem(str(_late(self._limits))))
            return b"".join(
                (_with_id(next(answers), line.id) if isinstance(line, ClassifyLine) else line) + b"\n" for line in given
            )

        stream = LineStream(
            answer, failed=lambda why: _problem(why) + b"\n", limits=self._limits, stopping=self._stopping
        )
        stream.headers.update(served.headers)
        return stream

    def _line(self, line: bytes | None) -> ClassifyLine | bytes:
        """A line, or the error to answer it with."""
        if line is None:
            return _problem(f"The line has more than {self._limits.body_bytes:,} bytes. Cut or split its text.")
        try:
            read = validate_json(ClassifyLine, line, what="The line", in_query=STREAM_PARAMETERS)
            check_text(read.text, "text", self._limits)
        except RecurraError as error:
            return _with_id(_problem(str(error)), _id_of(line))
        return read


def _id_of(line: bytes) -> str | int | None:
    """The id of a line that is not as it should be; ``None`` if it has none, several, or one that is not valid."""
    try:
        # The text may be what is not UTF-8; of an id the stand-ins for such bytes are not valid.
        pairs = json.loads(line.decode(errors="surrogateescape"), object_pairs_hook=_Pairs)
        given = [value for name, value in pairs if name == "id"] if isinstance(pairs, _Pairs) else []
        found: str | int | None = _IDS.validate_python(given[0], strict=True) if len(given) == 1 else None
    except (ValueError, RecursionError):
        return None
    return found


class _Pairs(list[tuple[str, Any]]):
    """The names and values of a JSON object; a list is none."""


def _with_id(answer: bytes, name: str | int | None) -> bytes:
    """A result or an error as JSON, with the id of its line first, if it has one."""
    return answer if name is None else b'{"id":' + json_bytes(name) + b"," + answer[1:]


def with_abstention(answer: bytes, below: float) -> bytes:
    """A result as JSON, with the label null if it is less probable than ``below``."""
    if np.float32(max(json.loads(answer)["probabilities"].values())) >= np.float32(below):
        return answer
    # A quote inside a label is escaped, so this is the key itself.
    return b'{"label":null' + answer[answer.index(b',"probabilities":') :]


def _abstaining(served: ServedModel, below: float | None) -> float | None:
    """The validated probability below which the model abstains; ``None`` if it never does."""
    try:
        return served.model.checked_abstaining(below)
    except RecurraError as error:
        raise RequestError(422, error.received, error.hint) from error


def _number(request: Request) -> float | None:
    word = request.query_params.get("abstain_below")
    if word is None:
        return None
    try:
        return float(word)
    except ValueError:
        raise RequestError(422, f"abstain_below is {word!r:.60}", "Give a probability above 0, up to 1.") from None


def check_text(text: str, where: str, limits: Limits) -> None:
    """Raises a :class:`RequestError` if a text is too long."""
    if len(text) > limits.text_characters:
        raise RequestError(
            422,
            f"{where} has {len(text):,} characters, and the limit of a text is {limits.text_characters:,}",
            "Cut or split it.",
        )


def _late(limits: Limits) -> RequestError:
    return RequestError(
        504,
        f"There was no answer within {limits.seconds:g} s",
        "Ask again later, or for fewer texts at a time.",
        headers={"Retry-After": "1"},
    )


def _problem(line: str) -> bytes:
    return json_bytes({"error": line})
