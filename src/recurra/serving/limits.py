"""What the service takes at most, so that no request can take the machine."""

from __future__ import annotations

from dataclasses import dataclass, fields

from recurra.settings import Settings, at_least

__all__ = ["Limits"]


@dataclass(frozen=True)
class Limits(Settings):
    """Bounds of the service.

    Attributes:
        body_bytes: of a request's body, and of a line where lines are streamed.
        texts: in one request.
        text_characters: in one text.
        read_tokens: of a text that is read word by word, which costs the square of its length.
        compared_models: in one comparison.
        waiting_texts: that wait for one model, over all requests.
        waiting_characters: of these texts together.
        waiting_reads: texts that wait to be read word by word by one model.
        requests: answered at the same time.
        connections: open at the same time.
        header_bytes: of a request's line and headers together, and of what else comes in a row beside a body.
        seconds: for the headers, for the body, for the answer, and for the client to take a part of it, each.
        stop_seconds: for what was taken before the service was asked to stop.
    """

    body_bytes: int = 8 << 20
    texts: int = 1024
    text_characters: int = 1 << 20
    read_tokens: int = 2000
    compared_models: int = 8
    waiting_texts: int = 16_384
    waiting_characters: int = 32 << 20
    waiting_reads: int = 16
    requests: int = 600
    connections: int = 900
    header_bytes: int = 32 << 10
    seconds: float = 30.0
    stop_seconds: float = 30.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            at_least(field.name, value, 1 if isinstance(value, int) else 0.001)
