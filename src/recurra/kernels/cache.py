"""Numba's cache of compiled functions, with files that may be damaged."""

from __future__ import annotations

import hashlib
import pickle
from types import FunctionType
from typing import Any

from numba.core.caching import CompileResultCacheImpl, FunctionCache
from numba.core.serialize import dumps

__all__ = ["KernelCache"]


class _Checked(CompileResultCacheImpl):
    """Machine code with its SHA-256: a changed byte would end the process, or change answers."""

    def reduce(self, cres: Any) -> tuple[bytes, bytes]:
        data = dumps(super().reduce(cres))
        return hashlib.sha256(data).digest(), data

    def rebuild(self, target_context: Any, payload: tuple[bytes, bytes]) -> Any:
        digest, data = payload
        if hashlib.sha256(data).digest() != digest:
            raise ValueError("the SHA-256 of the cached kernel is another one")
        # The file is the user's own, as Numba's pickle around it is.
        return super().rebuild(target_context, pickle.loads(data))  # noqa: S301


class KernelCache(FunctionCache):
    """The cached code of one kernel. Numba writes each file under another name first, and so never a part of one.

    Args:
        function: the kernel, in Python.

    Attributes:
        damaged: whether there were files that could not be used; they are replaced when the kernel is compiled.
        unkept: why the compiled kernel could not be written, or ``None``.
    """

    _impl_class = _Checked

    def __init__(self, function: FunctionType) -> None:
        super().__init__(function)
        self.damaged = False
        self.unkept: str | None = None

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The compiled kernel, or ``None`` where it is not there whole."""
        try:
            return super().load_overload(sig, target_context)
        except Exception:
            # Damaged files make Numba, pickle and LLVM raise errors of many kinds.
            self.damaged = True
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Writes the compiled kernel, if that is possible."""
        try:
            if self.damaged:
                # Saving reads the index first, which may be what is damaged.
                self.flush()
            super().save_overload(sig, data)
        except OSError as error:
            self.unkept = error.strerror or str(error)
