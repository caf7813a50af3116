"""The command line: one file a command, all of them thin wrappers of what Python offers."""

from recurra.cli.app import main

__all__ = ["main"]
