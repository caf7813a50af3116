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
from recurra.data.class_folders import FolderBlocks
from recurra.data.likely_encoding import SAMPLE, likely_encoding
from recurra.data.mixed_encodings import MixedUtf8

__all__ = ["readable_blocks"]


def readable_blocks(blocks: Blocks, part: Part) -> tuple[Blocks, Sequence[Draft]]:
    """The file, decoded so that it can be read to its end, and findings about its bytes.

    Args:
        blocks: blocks of any format; only text files have an encoding.
        part: the training or the test file.

    Raises:
        DataError: the file cannot be read at all.
    """
    if isinstance(blocks, FolderBlocks) and _known(blocks.encoding):
        return blocks, _of_folder(blocks, part)
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
    if seen.mixed is not None:
        drafts.append(_mixed(seen.mixed, part))
    elif seen.wrong is not None:
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
        of_text.content = LenientContent(of_text.content, seen.likely or seen.encoding, seen.mixed)
        of_text.encoding = "utf-8"
    return blocks, drafts


def _of_folder(folder: FolderBlocks, part: Part) -> list[Draft]:
    """Files of a folder in another encoding, which are decoded by the one that these files together seem to have."""
    count, first, sample = 0, "", b""
    for name, data in folder.wrong_files():
        count, first = count + 1, first or name
        if len(sample) < SAMPLE:
            sample += data + b"\n"
    if not count:
        return []
    likely = likely_encoding(sample, folder.encoding)
    folder.decode_wrong = lambda data: data.decode(likely, "replace")
    files = f"{count:,} {'file is' if count == 1 else 'files are'} not {folder.encoding}, the first {first!r:.80}"
    meaning = f"{files}: training stops there. {'It is' if count == 1 else 'They are'} probably {likely}."
    hint = "--fix writes a copy in UTF-8, for which each file is read as what it is."
    facts = {"file": first, "likely": likely}
    of_files: dict[str, Any] = {"count": count, "what": "file", "fixable": True, "facts": facts}
    return [Draft("several encodings", "error", part, NO_ROWS, meaning, hint, **of_files)]


def _mixed(mixed: MixedUtf8, part: Part) -> Draft:
    """Lines of a file in UTF-8 that are in another encoding, or hold characters that were cut."""
    count, cut = mixed.lines, mixed.encoding == "utf-8"
    lines = f"{count:,} {'line is' if count == 1 else 'lines are'} not, the first line {mixed.first:,}"
    which = "hold characters that were cut" if cut else f"seem to be {mixed.encoding}, as where two exports were joined"
    meaning = f"The file is UTF-8, but {lines}: they {which}. Training stops there."
    hint = "--fix writes a copy in UTF-8, with � for these characters."
    if not cut:
        hint = "--fix writes a copy in UTF-8, for which each line is read as what it is; look at these lines in it."
    return Draft(
        "several encodings",
        "error",
        part,
        NO_ROWS,
        meaning,
        hint,
        count=count,
        what="line",
        fixable=True,
        facts={"line": mixed.first, "likely": mixed.encoding},
    )


def _known(encoding: str) -> bool:
    try:
        codecs.lookup(encoding)
        b"a".decode(encoding)
    except UnicodeDecodeError:
        return True
    except (LookupError, ValueError, TypeError):
        return False
    return True
