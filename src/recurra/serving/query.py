"""Query parameters: an unknown one is refused, where a misspelt ``model`` would mean an answer of another model."""

from __future__ import annotations

from urllib.parse import parse_qsl

from recurra.serving.file_views import VIEWS
from recurra.serving.http_errors import RequestError

__all__ = ["STREAM_PARAMETERS", "check_query", "names_of"]

STREAM_PARAMETERS = ("model", "abstain_below")

_KNOWN: dict[tuple[str, str], tuple[str, ...]] = {
    ("POST", "/v1/classify"): STREAM_PARAMETERS,
    ("POST", "/v1/read"): (),
    ("POST", "/v1/compare"): (),
    ("GET", "/v1/compare"): (),
    ("POST", "/v1/search-states"): (),
    ("GET", "/v1/models"): (),
    ("GET", "/v1/runs"): (),
    ("GET", "/v1/examples"): ("model",),
    ("GET", "/v1/card"): ("model",),
    ("GET", "/v1/row"): ("model", "number"),
    ("POST", "/v1/same-rows"): (),
    ("GET", "/v1/decisions"): (),
    ("GET", "/v1/queue"): (),
    ("POST", "/v1/decisions"): (),
    **{("GET", f"/v1/{view}"): ("model",) for view in VIEWS},
}


def names_of(query: bytes) -> list[str]:
    """The names of the parameters in a query string."""
    return [name for name, _ in parse_qsl(query.decode("latin-1"), keep_blank_values=True)]


def check_query(method: str, path: str, query: bytes) -> None:
    """Raises a :class:`RequestError` for a parameter that the endpoint does not have."""
    known = _KNOWN.get((method, path))
    if not query or known is None:
        return
    for name in names_of(query):
        if name not in known:
            takes = (
                f"It takes {' and '.join(known)}." if known else "It takes none: give it in the body, if it has one."
            )
            raise RequestError(400, f"{path} has no query parameter {name!r:.60}", takes)
