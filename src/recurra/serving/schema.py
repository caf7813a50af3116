"""Schemas of requests and responses, for validation and for the OpenAPI document."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from recurra.serving.limits import Limits

__all__ = [
    "ClassifyLine",
    "ClassifyRequest",
    "ClassifyResponse",
    "CompareRequest",
    "CompareResponse",
    "ComputingResponse",
    "DecisionRequest",
    "ErrorResponse",
    "LineId",
    "ModelList",
    "ReadRequest",
    "RunList",
    "SearchStatesRequest",
    "SearchStatesResponse",
    "StateResponse",
    "set_bounds",
]

Model = Annotated[str | None, Field(description="Name of a model, as /v1/models lists them; the first if left out.")]


class _RequestBody(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class ClassifyRequest(_RequestBody):
    """Texts to classify."""

    texts: list[str]
    model: Model = None
    abstain_below: Annotated[
        float | None,
        Field(gt=0, le=1, description="A text whose most probable label is less probable gets the label null."),
    ] = None


LineId = Annotated[
    Annotated[str, Field(max_length=128)] | Annotated[int, Field(ge=-(2**63), lt=2**63)] | None,
    Field(description="Comes back in the line of the answer: a text of up to 128 characters, or an integer."),
]


class ClassifyLine(_RequestBody):
    """One line of a stream of texts."""

    text: str
    id: LineId = None


class ReadRequest(_RequestBody):
    """A text to read word by word."""

    text: str
    model: Model = None
    gates: Annotated[bool, Field(description="Adds the states and gates of every layer.")] = False
    compact: Annotated[
        list[str] | None,
        Field(
            max_length=32,
            description=(
                "Adds `compact_layers`: of every layer the states and gates with these names (`h`, `c`, `gates.i`, …; "
                "`kinds` lists them), each as `shape`, [tokens, units], and `data`, base64 of its float32 numbers, "
                "little-endian, row by row."
            ),
        ),
    ] = None
    attribution: Annotated[bool, Field(description="Adds the attribution of the answer to each word.")] = False


class CompareRequest(_RequestBody):
    """A text to be read by several models."""

    text: str
    models: Annotated[list[str] | None, Field(description="Names of models; all if left out.")] = None


Unit = Annotated[int, Field(ge=0, lt=1 << 16)]


class SearchStatesRequest(_RequestBody):
    """Units that are on together over consecutive words, to be looked for in the rows of the service's file."""

    units: Annotated[list[Unit], Field(min_length=1, max_length=256, description="Numbers of units, from 0.")]
    below: Annotated[
        list[Unit], Field(max_length=256, description="Those of them that are on below minus the threshold.")
    ] = []
    model: Model = None
    layer: Annotated[int, Field(ge=0, lt=1 << 10)] = 0
    direction: Literal["forward", "backward"] = "forward"
    state: Annotated[
        Literal["h", "c"], Field(description="The hidden state, or the cell state of cells that have one.")
    ] = "h"
    threshold: Annotated[float, Field(ge=0, lt=1e6, description="A unit is on above it.")] = 0.3
    words: Annotated[int, Field(ge=1, lt=1 << 16, description="Fewest words of a span.")] = 1
    off_before: Annotated[
        bool, Field(description="Whether all units must be off at the word that is read just before the span.")
    ] = False
    order: Annotated[Literal["length", "strength"], Field(description="What ranks the sentences.")] = "length"
    count: Annotated[int, Field(ge=1, lt=101, description="Most sentences in the answer.")] = 50


class DecisionMade(_RequestBody):
    """What was decided about a row."""

    decision: str
    label: str = ""


class DecisionRequest(_RequestBody):
    """A decision about a row, which the reading room sends; ``was`` is what it shows so far."""

    number: int
    decision: str | None
    label: str = ""
    was: DecisionMade | None = None


class SameRowsRequest(_RequestBody):
    """A text that the reading room looks for among the service's rows."""

    text: str
    model: str | None = None


class ClassifyResult(BaseModel):
    """The result for one text."""

    label: Annotated[
        str | int | float | bool | None,
        Field(description="Null if the model abstained; absent for multi-label models."),
    ] = None
    labels: Annotated[
        list[str | int | float | bool] | None, Field(description="Labels of a multi-label model; may be empty.")
    ] = None
    probabilities: dict[str, float]


class ClassifyResponse(BaseModel):
    """The results for the texts, in their order."""

    model: str
    results: list[ClassifyResult]


class CompareResponse(BaseModel):
    """A text as several models read it."""

    text: str
    models: list[dict[str, Any]]


class StateMatch(BaseModel):
    """A sentence with the pattern: spans as [first word, word after the last], and up to 80 words around the best."""

    row: int
    number: int
    label: Any
    spans: list[list[int]]
    length: int
    strength: float
    first: int
    tokens: list[str]


class SearchStatesResponse(BaseModel):
    """The sentences with a pattern; ``labels`` has [label, how many of those found, how many of those searched]."""

    model: str
    searched: int
    found: int
    labels: list[list[Any]]
    matches: list[StateMatch]
    notes: list[str]


class ModelList(BaseModel):
    """The models of this service; the first is the default."""

    models: list[dict[str, Any]]


class RunList(BaseModel):
    """Training runs, newest first."""

    runs: list[dict[str, Any]]


class ComputingResponse(BaseModel):
    """The view is being computed: ask again."""

    state: str
    view: str
    model: str
    seconds: float


class StateResponse(BaseModel):
    """The state of the service."""

    state: str


class ErrorResponse(BaseModel):
    """Why a request failed and what to do, in one line."""

    error: str


def set_bounds(schemas: dict[str, Any], limits: Limits) -> None:
    """Writes the limits into the OpenAPI document's schemas."""
    texts = schemas["ClassifyRequest"]["properties"]["texts"]
    texts["maxItems"] = limits.texts
    for text in (
        texts["items"],
        *(schemas[name]["properties"]["text"] for name in ("ClassifyLine", "ReadRequest", "CompareRequest")),
    ):
        text["maxLength"] = limits.text_characters
