"""The version, where nothing needs to be installed to read it."""

VERSION = "0.1.0"
