"""Tables that become cards on a narrow screen: each cell carries the title of its column."""

from __future__ import annotations

import re

__all__ = ["with_column_titles"]

_TABLE = re.compile(r'<table class="[^"]*\bcards\b[^"]*">.*?</table>', re.DOTALL)
_TITLE = re.compile(r"<(t[hd])\b[^>]*>(.*?)</\1>", re.DOTALL)
_ROW = re.compile(r"<tr>.*?</tr>", re.DOTALL)
_CELL = re.compile(r"<t[hd]\b")
_TAG = re.compile(r"<[^>]*>")


def with_column_titles(html: str) -> str:
    """Gives the cells of each table of class ``cards`` the attribute ``data-head``, which the style shows beside them.

    Args:
        html: of a template, its values escaped; every row of such a table has one cell for each column.
    """
    return _TABLE.sub(lambda table: _titled(table[0]), html)


def _titled(table: str) -> str:
    head, body, rest = table.partition("<tbody>")
    # A title is text that is escaped already; a quote in it would end the attribute.
    titles = [_TAG.sub("", title).replace('"', "&#34;").strip() for _, title in _TITLE.findall(head)]

    def row(found: re.Match[str]) -> str:
        left = iter(titles)
        return _CELL.sub(lambda cell: f'{cell[0]} data-head="{next(left)}"', found[0])

    return head + body + _ROW.sub(row, rest)
