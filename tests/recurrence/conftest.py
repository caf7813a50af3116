"""The Triton kernels run in Triton's interpreter where there is no GPU."""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import Any

import torch

if find_spec("triton") and not torch.cuda.is_available():
    # Read when Triton is first imported, which nothing does before a layer is computed.
    os.environ["TRITON_INTERPRET"] = "1"
    from triton.runtime import interpreter

    _patch = interpreter._patch_lang_tensor

    def _with_loop_bounds(tensor: Any, scope: Any) -> None:
        """Triton 3.6 makes a loop's bound of an array with one number, which NumPy 2.4 refuses (triton pull 9172)."""
        _patch(tensor, scope)
        scope.set_attr(tensor, "__index__", lambda self: int(self.handle.data.item()))

    interpreter._patch_lang_tensor = _with_loop_bounds
