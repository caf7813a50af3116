"""Headers that every answer has, errors included."""

from __future__ import annotations

__all__ = ["HEADERS", "with_headers"]

# A page of this service loads nothing from elsewhere, runs no script that stands in its text, and is shown in no frame;
# nobody else's page may read an answer. What a browser keeps could be read later by others at the same machine.
HEADERS = {
    "content-security-policy": (
        "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
}

Pairs = list[tuple[bytes, bytes]]

_BYTES: Pairs = [(name.encode(), value.encode()) for name, value in HEADERS.items()]


def with_headers(given: Pairs) -> Pairs:
    """The headers of an answer and those of every answer; its own come first where both have one."""
    own = {name for name, _ in given}
    return given + [pair for pair in _BYTES if pair[0] not in own]
