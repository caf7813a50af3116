"""The tutorial's pages: what they run, and how what they show is compared with what is printed."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

__all__ = ["PAGES", "TUTORIAL", "Block", "Page", "Step", "as_shown", "matches", "read_page", "words_of"]

TUTORIAL = Path(__file__).parents[2] / "docs" / "tutorial"
PAGES = sorted(path for path in TUTORIAL.glob("*.md") if path.name != "README.md")

_FENCE = re.compile(r"```(\w*)$")
_MARK = re.compile(r"<!-- (exits|file|uses): (\S+) -->$")
_NUMBER = re.compile(r"[-+−]?\d+(?:[.,]\d+)*(?:e[-+]?\d+)?")
_RULE = re.compile("-{3,}|─{3,}")
_SIGNS = set("();<>|&")
ANYTHING = "…"


@dataclass(frozen=True)
class Step:
    """One thing to do, and the lines that the page shows of what it prints.

    Attributes:
        kind: ``console`` for a command, ``python`` for code, ``file`` for a file to write.
        source: the command, the code or the content.
        line: of the page, from 1, where it stands.
        first, last: the lines of the page, from 0, that show its output; ``last`` is not one of them.
        shown: these lines; none at all say nothing about the output.
        exits: the exit code that is expected.
        name: of the file to write.
    """

    kind: str
    source: str
    line: int
    first: int = 0
    last: int = 0
    shown: tuple[str, ...] = ()
    exits: int = 0
    name: str = ""


@dataclass(frozen=True)
class Page:
    """A page of the tutorial.

    Attributes:
        path: where it lies.
        lines: of it.
        uses: what it begins with: runs, trained before it, and the stand-in for a hub.
        steps: what it does, in order.
    """

    path: Path
    lines: list[str]
    uses: list[str] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, the marks above it, and the lines of the page from the first to before the last."""

    language: str
    marks: dict[str, str]
    first: int
    last: int


def read_page(path: Path) -> Page:
    """Reads a page's steps.

    Raises:
        ValueError: a block that says nothing the format knows.
    """
    page = Page(path, path.read_text(encoding="utf-8").split("\n"))
    for line in page.lines:
        if (mark := _MARK.match(line)) and mark[1] == "uses":
            page.uses.append(mark[2])
    blocks = _blocks(page.lines)
    for place, block in enumerate(blocks):
        content = page.lines[block.first : block.last]
        if "file" in block.marks:
            page.steps.append(Step("file", "\n".join(content) + "\n", block.first, name=block.marks["file"]))
        elif block.language == "console":
            page.steps.extend(_commands(content, block, path))
        elif block.language == "python":
            step = Step("python", "\n".join(content) + "\n", block.first)
            following = blocks[place + 1] if place + 1 < len(blocks) else None
            if following and following.language == "text" and not any(page.lines[block.last + 1 : following.first - 1]):
                shown = tuple(page.lines[following.first : following.last])
                step = replace(step, first=following.first, last=following.last, shown=shown)
            page.steps.append(step)
    return page


def _blocks(lines: Sequence[str]) -> list[Block]:
    blocks, first, language = [], None, ""
    for place, line in enumerate(lines):
        fence = _FENCE.match(line)
        if not fence:
            continue
        if first is None:
            first, language = place + 1, fence[1]
            continue
        mark = _MARK.match(lines[first - 2]) if first > 1 else None
        blocks.append(Block(language, {mark[1]: mark[2]} if mark else {}, first, place))
        first = None
    return blocks


def _commands(content: Sequence[str], block: Block, path: Path) -> list[Step]:
    """The commands of a console block; a line that ends with a backslash goes on in the next."""
    steps: list[Step] = []
    going_on = False
    for place, text in enumerate(content, block.first):
        if going_on:
            steps[-1] = replace(steps[-1], source=f"{steps[-1].source}\n{text}", first=place + 1, last=place + 1)
        elif text.startswith("$ "):
            steps.append(Step("console", text[2:], place + 1, place + 1, place + 1))
        elif not steps:
            raise ValueError(f"{path.name}:{place + 1}: a console block begins with a line that begins with '$ '")
        else:
            steps[-1] = replace(steps[-1], last=place + 1, shown=(*steps[-1].shown, text))
        going_on = text.endswith("\\") and (going_on or text.startswith("$ "))
    if "exits" in block.marks:
        if len(steps) != 1:
            raise ValueError(f"{path.name}:{block.first}: a block with an exit code has one command")
        steps = [replace(steps[0], exits=int(block.marks["exits"]))]
    return steps


def words_of(command: str) -> list[list[str]]:
    """The words of each ``recurra`` in a command line, without ``recurra``."""
    lexer = shlex.shlex(command.replace("\\\n", " "), posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    found: list[list[str]] = []
    current: list[str] | None = None
    begins, redirected = True, False
    for word in lexer:
        if set(word) <= _SIGNS:
            redirected = bool(set(word) & set("<>"))
            begins = not redirected
        elif begins:
            current = [] if word == "recurra" else None
            begins = False
            if current is not None:
                found.append(current)
        elif redirected:
            redirected = False
        elif current is not None:
            current.append(word)
    return found


def _plain(line: str) -> str:
    """The line with every number, every run of spaces and every rule of a table as one sign."""
    return " ".join(_RULE.sub("---", _NUMBER.sub("0", line)).split())


def _pattern(shown: Sequence[str]) -> re.Pattern[str]:
    parts = []
    for line in shown:
        if line.strip() == ANYTHING:
            parts.append("((?:.*\n)*?)")
        else:
            parts.append("(" + ".*".join(map(re.escape, _plain(line).split(ANYTHING))) + "\n)")
    return re.compile("".join(parts))


def _lines(printed: str) -> list[str]:
    return [line.rstrip() for line in printed.rstrip("\n").split("\n")] if printed.strip() else []


def matches(shown: Sequence[str], printed: str) -> bool:
    """Whether what was printed is what is shown, by the rules of docs/tutorial/README.md."""
    return _pattern(shown).fullmatch("".join(f"{_plain(line)}\n" for line in _lines(printed))) is not None


def as_shown(shown: Sequence[str], printed: str) -> list[str]:
    """The lines to show instead: today's numbers where the rest still holds, else all that was printed."""
    lines = _lines(printed)
    text = "".join(f"{_plain(line)}\n" for line in lines)
    found = _pattern(shown).fullmatch(text)
    if found is None:
        return lines
    return [
        line if ANYTHING in line else lines[text.count("\n", 0, found.start(place))]
        for place, line in enumerate(shown, 1)
    ]
