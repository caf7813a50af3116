"""Headers of every response, errors included."""

from __future__ import annotations

__all__ = ["HEADERS", "with_headers"]

# The page loads nothing from other hosts, runs no inline script and is shown in no frame; pages of other sites may not
# read a response. Nothing is cached: other users of the same machine could read it later.
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
    """The given headers and those of every response; the given ones win where both have a name."""
    names = {name for name, _ in given}
    return given + [pair for pair in _BYTES if pair[0] not in names]
