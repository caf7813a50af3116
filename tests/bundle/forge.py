"""Takes model files apart and puts them together again, with a right digest, as somebody hostile would."""

from __future__ import annotations

import hashlib
import json
from typing import Any

KEY = rb"\"digest\":\""


def take_apart(data: bytes) -> tuple[dict[str, Any], dict[str, Any], bytes]:
    """Header, metadata and tensor bytes."""
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    return header, json.loads(header["__metadata__"]["recurra"]), data[8 + length :]


def put_together(header: dict[str, Any], about: Any, body: bytes) -> bytes:
    """A file whose digest is right whatever it holds."""
    if isinstance(about, dict) and "digest" in about:
        about = {**about, "digest": "0" * 64}
    header = {**header, "__metadata__": {"recurra": json.dumps(about, sort_keys=True, separators=(",", ":"))}}
    return signed(json.dumps(header, separators=(",", ":")).encode(), body)


def signed(header: bytes, body: bytes) -> bytes:
    """The file of a header, with its length before it and its digest in it."""
    header += b" " * (-len(header) % 8)
    data = len(header).to_bytes(8, "little") + header + body
    place = data.find(KEY) + len(KEY)
    if place < len(KEY):
        return data
    zeroed = data[:place] + b"0" * 64 + data[place + 64 :]
    return zeroed[:place] + hashlib.sha256(zeroed).hexdigest().encode() + zeroed[place + 64 :]
