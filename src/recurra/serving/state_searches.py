"""``POST /v1/search-states``: sentences of the file in which chosen units are on together, as marked in a heat map."""

from __future__ import annotations

from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from recurra.errors import SettingsError
from recurra.inspection.state_search import RowStates, check_state, read_states
from recurra.serving.background_results import BackgroundResults
from recurra.serving.body import media_type, read_body, validate_json
from recurra.serving.file_views import FileViews
from recurra.serving.http_errors import JSON, RequestError, json_response
from recurra.serving.limits import Limits
from recurra.serving.model_registry import ModelRegistry
from recurra.serving.schema import SearchStatesRequest
from recurra.serving.worker_queue import WorkerQueue

__all__ = ["StateSearches"]

# Sets of states that are kept; the oldest is forgotten for a new one.
KEPT = 4


class StateSearches:
    """Answers searches by state. The states of the file's rows are read once for each model, layer and direction.

    Args:
        registry: the models.
        results: reads the states in the background, and keeps them.
        views: has the file's rows.
        limits: how many rows and states are read at most.
    """

    def __init__(self, registry: ModelRegistry, results: BackgroundResults, views: FileViews, limits: Limits) -> None:
        self._registry, self._results, self._views, self._limits = registry, results, views, limits
        self._kept: list[tuple[str, str]] = []
        self._queue = WorkerQueue(limits, "search")

    def close(self) -> None:
        """Ends the thread that searches."""
        self._queue.close()

    async def search(self, request: Request) -> Response:
        """The sentences with a pattern, or 202 while the states are being read.

        Raises:
            RequestError: 404, there are no rows, or no such model; 422, the model has no such layer, state or unit.
        """
        media_type(request, JSON)
        body = validate_json(SearchStatesRequest, await read_body(request, self._limits))
        served, data = self._registry.find(body.model), self._views.rows("search-states")
        try:
            check_state(served.model, body.layer, body.direction, body.state)
        except SettingsError as error:
            raise RequestError(422, error.received, error.hint) from error
        key = f"search-states: {body.state} of layer {body.layer}, {body.direction}", served.name
        read = partial(
            read_states,
            served.model,
            data,
            layer=body.layer,
            direction=body.direction,
            state=body.state,
            documents=self._limits.searched_rows,
            numbers=self._limits.searched_numbers,
        )
        self._make_room(key)
        states = self._results.value(*key, read)
        if isinstance(states, Response):
            return states
        work = partial(_found, states, body, served.name)
        try:
            return await self._queue.run(work)
        except SettingsError as error:
            raise RequestError(422, error.received, error.hint) from error

    def _make_room(self, key: tuple[str, str]) -> None:
        self._kept = [*(one for one in self._kept if one != key), key]
        while len(self._kept) > KEPT:
            self._results.drop(*self._kept.pop(0))


def _found(states: RowStates, body: SearchStatesRequest, name: str) -> Response:
    found = states.search(
        body.units,
        below=body.below,
        threshold=body.threshold,
        words=body.words,
        off_before=body.off_before,
        order=body.order,
        count=body.count,
        name=name,
    )
    return json_response(found.to_dict())
