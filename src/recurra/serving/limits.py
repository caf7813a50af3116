"""Limits of the service, so that no request can exhaust the machine."""

from __future__ import annotations

from dataclasses import dataclass, fields

from recurra.settings import Settings, at_least

__all__ = ["Limits"]


@dataclass(frozen=True)
class Limits(Settings):
    """The largest values that the service accepts.

    Attributes:
        body_bytes: bytes of a request's body, and of one line of a stream.
        held_bytes: bytes of all requests' bodies, and of lines of streams, that are read or wait for their answer at
            the same time; small ones are not counted.
        texts: texts in one request.
        text_characters: characters in one text.
        read_tokens: tokens of a text that is read word by word, which costs the square of its length.
        compared_models: models in one comparison.
        searched_rows: rows of the file that are searched by state.
        searched_numbers: states, of 4 bytes each, that are kept to be searched, for one layer and direction.
        waiting_texts: texts that wait for one model, over all requests.
        waiting_characters: characters of these texts together.
        waiting_reads: texts that wait to be read word by word by one model.
        requests: requests answered at the same time.
        connections: connections open at the same time.
        header_bytes: bytes of a request line and headers together, and of any other data in a row outside a body.
        seconds: seconds for the headers, for the body, for the answer, and for the client to read a part of it, each.
        stop_seconds: seconds to finish accepted requests when the service is asked to stop.
    """

    body_bytes: int = 8 << 20
    held_bytes: int = 64 << 20
    texts: int = 1024
    text_characters: int = 1 << 20
    read_tokens: int = 2000
    compared_models: int = 8
    searched_rows: int = 2000
    searched_numbers: int = 16 << 20
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
