"""Every option of the commands that a practitioner meets is used by a command that the tutorial runs."""

from __future__ import annotations

from typing import Any

import typer
from tutorial_pages import PAGES, read_page, words_of

from recurra.cli.app import app

COMMANDS = ("data", "check", "train", "evaluate", "predict", "score", "compare", "tune", "info", "export", "push")

# (command, option): why the tutorial does not run it.
EXCEPTIONS: dict[tuple[str, str], str] = {
    ("export", "--web"): "a page needs onnxruntime-web, which tests do not download",
    ("export", "--runtime"): "see --web",
    ("train", "--keep-examples"): "it is for the reading room, which docs/reading-room.md describes",
    ("check", "--drop-placeholders"): "docs/check.md: the tutorial's table has none",
    ("train", "--decisions-encoding"): "docs/whole-files.md: the tutorial's decisions are UTF-8",
    ("check", "--decisions-encoding"): "as for train",
    ("tune", "--study"): "docs/scale",
    ("tune", "--single-label"): "docs/tune.md: the tutorial's labels have no separator",
    ("score", "--ray"): "docs/scale",
    ("score", "--address"): "docs/scale",
    ("score", "--workers"): "docs/scale",
}


def existing() -> dict[str, dict[str, str]]:
    """For each command its options: every spelling, and the first long one that it stands for."""
    commands: Any = typer.main.get_command(app)
    found: dict[str, dict[str, str]] = {}
    for name in COMMANDS:
        if name not in commands.commands:
            continue
        found[name] = {}
        for param in commands.commands[name].params:
            if param.param_type_name == "option":
                long = next(word for word in param.opts if word.startswith("--"))
                found[name] |= dict.fromkeys(param.opts, long)
                # The other side of a switch, such as --no-x, is an option of its own.
                found[name] |= {word: word for word in param.secondary_opts}
    return found


def used() -> set[tuple[str, str]]:
    """The (command, option) pairs in the commands that the pages run."""
    options, pairs = existing(), set()
    for path in PAGES:
        for step in read_page(path).steps:
            for command, *words in words_of(step.source) if step.kind == "console" else ():
                for word in words[: words.index("--")] if "--" in words else words:
                    if long := options.get(command, {}).get(word.partition("=")[0]):
                        pairs.add((command, long))
    return pairs


def test_every_option_is_used_by_a_command_of_the_tutorial() -> None:
    every = {(command, option) for command, options in existing().items() for option in options.values()}
    missing = every - used() - EXCEPTIONS.keys()
    told = "\n".join(" ".join(pair) for pair in sorted(missing))
    assert not missing, f"no command of docs/tutorial uses:\n{told}"


def test_an_exception_is_an_option_that_no_page_uses() -> None:
    every = {(command, option) for command, options in existing().items() for option in options.values()}
    assert EXCEPTIONS.keys() <= every
    assert not EXCEPTIONS.keys() & used()
    assert all(EXCEPTIONS.values())
