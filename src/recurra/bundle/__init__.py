"""The model file: one safetensors file with weights, vocabulary, labels, settings and scores."""

from recurra.bundle.bundle import Bundle
from recurra.bundle.file import digest_in, digest_of, read_bundle, write_bundle
from recurra.bundle.int8 import int8_bundle

__all__ = [
    "Bundle",
    "digest_in",
    "digest_of",
    "int8_bundle",
    "read_bundle",
    "write_bundle",
]
