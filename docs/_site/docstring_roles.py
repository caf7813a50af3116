"""Docstrings name objects as Sphinx does, :class:`~recurra.errors.DataError`: links where the site describes them."""

from __future__ import annotations

import re
from typing import Any

import griffe

ROLE = re.compile(r":(?:func|class|meth|mod|data|attr|exc):`(~?)([\w.]+)`")


class DocstringRoles(griffe.Extension):
    """Turns roles into optional cross-references: code where no page describes the object."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Changes the docstring of each object that was loaded."""
        if obj.docstring:
            obj.docstring.value = ROLE.sub(lambda role: _link(role, obj), obj.docstring.value)


def _link(role: re.Match[str], obj: griffe.Object) -> str:
    short, name = role[1], role[2]
    shown = name.rpartition(".")[2] if short else name
    owner = obj if obj.is_class else obj.parent
    full = name if name.startswith("recurra.") or owner is None else f"{owner.path}.{name}"
    return f'<autoref identifier="{full}" optional><code>{shown}</code></autoref>'
