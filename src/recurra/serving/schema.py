"""Schemas of requests and responses, for validation and for the OpenAPI document."""

from __future__ import annotations

from typing import Annotated, Any

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
    "ModelList",
    "ReadRequest",
    "RunList",
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


class ClassifyLine(_RequestBody):
    """One line of a stream of texts."""

    text: str


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
