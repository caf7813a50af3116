"""Opens a file whose bytes training would reject, and reports what is wrong with them."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from typing import Any

from recurra.checking.draft import Draft
from recurra.checking.encodings import LenientContent, scan_bytes
from recurra.checking.finding import Part
from recurra.checking.labels import NO_ROWS
from recurra.data.blocks import Blocks

__all__ = ["readable_blocks"]


def readable_blocks(blocks: Blocks, part: Part) -> tuple[Blocks, Sequence[Draft]]:
    """The file, decoded so that it can be read to its end, and findings about its bytes.

    Args:
        blocks: blocks of any format; only text files have an encoding.
        part: the training or the test file.

    Raises:
        DataError: the file cannot be read at all.
    """
    of_text: Any = blocks
    if not hasattr(blocks, "encoding") or not hasattr(blocks, "content") or not _known(of_text.encoding):
        # The reader reports an unknown encoding.
        return blocks, ()
    seen = scan_bytes(of_text.content, of_text.encoding)
    drafts = []
    if seen.wrong is None and seen.likely == "utf-8":
        meaning = f"The bytes are UTF-8, and {of_text.encoding} is named: training would misread letters."
        hint = f"Leave out --encoding {of_text.encoding}; --fix writes a copy in UTF-8."
        facts: dict[str, Any] = {"likely": seen.likely}
        drafts.append(
            Draft(
                "wrong encoding", "error", part, NO_ROWS, meaning, hint, count=1, what="file", fixable=True, facts=facts
            )
        )
    if seen.wrong is not None:
        byte, place, line = seen.wrong
        meaning = f"Byte 0x{byte:02x} at byte {place:,}, line {line:,} is not {of_text.encoding}: training stops there."
        hint = f"It is probably {seen.likely}: name it with --encoding {seen.likely}; --fix writes a copy in UTF-8."
        facts = {"byte": place, "line": line, "likely": seen.likely}
        drafts.append(
            Draft(
                "wrong encoding", "error", part, NO_ROWS, meaning, hint, count=1, what="file", fixable=True, facts=facts
            )
        )
    if seen.nuls:
        meaning = f"NUL characters, the first in line {seen.nul_line:,}: training stops there."
        hint = "Is it a text file? --fix removes them."
        facts = {"line": seen.nul_line}
        drafts.append(
            Draft(
                "NUL characters",
                "error",
                part,
                NO_ROWS,
                meaning,
                hint,
                count=seen.nuls,
                what="character",
                fixable=True,
                facts=facts,
            )
        )
    if drafts:
        of_text.content = LenientContent(of_text.content, seen.likely or seen.encoding)
        of_text.encoding = "utf-8"
    return blocks, drafts


def _known(encoding: str) -> bool:
    try:
        codecs.lookup(encoding)
        b"a".decode(encoding)
    except UnicodeDecodeError:
        return True
    except (LookupError, ValueError, TypeError):
        return False
    return True
