"""What the reading room alone asks for: examples to begin with, model cards, rows of the file, decisions about them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from functools import partial
from pathlib import PurePath
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

from fastapi import FastAPI, Query
from starlette.requests import Request
from starlette.responses import Response

from recurra.card import model_card
from recurra.errors import DataError
from recurra.inspection import examples
from recurra.networks.shapes import weight_shapes
from recurra.runtime import Model
from recurra.serving.body import media_type, read_body, validate_json
from recurra.serving.decisions import DecisionStore, Made
from recurra.serving.http_errors import JSON, RequestError, json_response
from recurra.serving.limits import Limits
from recurra.serving.model_registry import ModelRegistry
from recurra.serving.same_rows import SameRows
from recurra.serving.schema import DecisionRequest, SameRowsRequest
from recurra.serving.served_model import ServedModel
from recurra.serving.worker_queue import WorkerQueue
from recurra.tasks.examples import examples_in
from recurra.text.fields import input_texts

if TYPE_CHECKING:
    from recurra.data.table import Table

__all__ = ["RoomEndpoints", "add_room_routes"]

# Rows that examples are chosen from.
LOOKED_AT = 300

Name = Annotated[str | None, Query()]


class RoomEndpoints:
    """Answers what only the page asks.

    Args:
        registry: the models.
        queues: the worker queue of each model, by name.
        limits: bounds of a request.
        data: labelled rows; ``None`` if the service was given none.
        decisions: keeps what is decided about them; ``None`` leaves that to the browser.
    """

    def __init__(
        self,
        registry: ModelRegistry,
        queues: Mapping[str, WorkerQueue],
        limits: Limits,
        data: Table | None,
        decisions: DecisionStore | None,
    ) -> None:
        self._registry, self._queues, self._limits, self._data = registry, queues, limits, data
        self._decisions, self._examples = decisions, dict[str, tuple[str, Any]]()
        self._files = WorkerQueue(limits, "decisions")
        self._same = None if data is None else SameRows(data)

    def close(self) -> None:
        """Ends the thread that writes decisions."""
        self._files.close()

    async def examples(self, model: str | None) -> Response:
        """Texts to begin with: rows of the file if the model knows their labels, else those of the model file."""
        served = self._registry.find(model)
        digest, found = self._examples.get(served.name, ("", None))
        if digest != served.digest:
            # A model that was replaced has examples of its own.
            work = partial(_examples, served.name, served.model, self._data)
            found = await self._queues[served.name].run(work)
            self._examples[served.name] = served.digest, found
        return json_response(found)

    async def card(self, model: str | None) -> Response:
        """The model's card in Markdown, and the shape of each of its weights."""
        served = self._registry.find(model)
        return json_response(await self._queues[served.name].run(partial(_card, served)))

    async def row(self, given: str | None, model: str | None) -> Response:
        """A row of the file, with the text as the model reads it.

        Raises:
            RequestError: 404, there is no such row; 422, ``given`` is no number.
        """
        served, data = self._registry.find(model), self._data
        if given is None or not re.fullmatch("[0-9]{1,15}", given):
            raise RequestError(422, f"The row's number is {given!r:.40}", "Give number=N.")
        number = int(given)
        places = [] if data is None else (data.numbers == number).nonzero()[0].tolist()
        if data is None or not places:
            raise RequestError(404, f"There is no row {number:,}", "Give the number of a row of the service's --data.")
        text = input_texts([data.documents[places[0]]], served.model.bundle.text)[0]
        label = None if data.labels is None else data.labels[places[0]]
        return json_response({"number": number, "text": text[: self._limits.text_characters], "label": label})

    async def same_rows(self, request: Request) -> Response:
        """The rows of the file that are a text, with their labels; ``file`` is ``None`` if the service has none."""
        media_type(request, JSON)
        body = validate_json(SameRowsRequest, await read_body(request, self._limits))
        served, same = self._registry.find(body.model), self._same
        if same is None or self._data is None:
            return json_response({"file": None, "rows": []})
        rows = await self._files.run(partial(same.find, body.text, served.model.bundle.text))
        return json_response({"file": PurePath(self._data.source).name, "rows": rows})

    async def decisions(self) -> Response:
        """What is decided about rows, if the service keeps that; the rows' file, and options that name its columns."""
        store = self._decisions
        named = None if self._data is None else self._data.named_columns
        columns = "" if named is None else shlex.join(named.options)
        source = None if self._data is None else PurePath(self._data.source).name
        if store is None:
            return json_response({"file": None, "data": source, "decisions": [], "columns": columns})
        made = await self._files.run(store.made)
        return json_response(
            {
                "file": store.path.name,
                "data": source,
                "decisions": [{"number": number, **one._asdict()} for number, one in made.items()],
                "columns": columns,
            }
        )

    async def queue(self) -> Response:
        """The rows of the queue that the file of decisions came as; none if the service keeps no decisions."""
        store = self._decisions
        found = {"rows": [], "more": 0} if store is None else await self._files.run(store.queue)
        return json_response(found)

    async def decide(self, request: Request) -> Response:
        """Keeps a decision about a row.

        Raises:
            RequestError: 403, it comes from a page of another site; 404, the service keeps none, or there is no such
                row; 409, somebody else decided otherwise; 422, it is no decision.
        """
        _check_origin(request)
        media_type(request, JSON)
        body = validate_json(DecisionRequest, await read_body(request, self._limits))
        store = self._decisions
        if store is None:
            raise RequestError(404, "This service keeps no decisions", "Start it with --data and --decisions FILE.")
        wanted = None if body.decision is None else Made(body.decision, body.label)
        was = None if body.was is None else Made(body.was.decision, body.was.label)
        decided = await self._files.run(partial(store.change, body.number, wanted, was=was))
        return json_response({"number": body.number, "decided": decided})


def _check_origin(request: Request) -> None:
    """Browsers that say nothing of the site that a request comes from still name its origin."""
    origin, host = request.headers.get("origin"), request.headers.get("host")
    if "sec-fetch-site" not in request.headers and origin is not None and urlsplit(origin).netloc != host:
        raise RequestError(403, "The request comes from a page of another site", "Open this service's own page.")


def _examples(name: str, model: Model, data: Table | None) -> dict[str, Any]:
    if data is not None:
        try:
            return examples(model, data, name=name, documents=LOOKED_AT).to_dict()
        except DataError:
            # The file has labels that this model does not know: its rows are no examples of what it does.
            pass
    rows = examples_in(model.record)
    return {"model": name, "source": "card" if rows else None, "rows": rows}


def _card(served: ServedModel) -> dict[str, Any]:
    bundle = served.model.bundle
    outputs = bundle.task.outputs(len(bundle.labels))
    shapes = weight_shapes(bundle.network, rows=bundle.pipeline.rows, classes=outputs)
    return {"model": served.name, "markdown": model_card(bundle, digest=served.digest), "shapes": shapes}


def add_room_routes(app: FastAPI, room: RoomEndpoints) -> None:
    """Adds the page's own routes; they are no part of the API for programs, and may change with the page."""

    async def texts(model: Name = None) -> Response:
        return await room.examples(model)

    async def card(model: Name = None) -> Response:
        return await room.card(model)

    async def row(number: Name = None, model: Name = None) -> Response:
        return await room.row(number, model)

    app.add_api_route("/v1/examples", texts, include_in_schema=False)
    app.add_api_route("/v1/card", card, include_in_schema=False)
    app.add_api_route("/v1/row", row, include_in_schema=False)
    app.add_api_route("/v1/same-rows", room.same_rows, methods=["POST"], include_in_schema=False)
    app.add_api_route("/v1/decisions", room.decisions, include_in_schema=False)
    app.add_api_route("/v1/queue", room.queue, include_in_schema=False)
    app.add_api_route("/v1/decisions", room.decide, methods=["POST"], include_in_schema=False)
