"""The format of the tutorial's pages: what is run, what counts as the same output, and how it is refreshed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tutorial_pages import Page, Step, as_shown, matches, read_page, words_of
from tutorial_shell import Shell

PAGE = """# A page
<!-- uses: runs/tickets -->

<!-- file: own.toml -->
```toml
about = "mine"
```

```console
$ recurra info a \\
    --json
{
…
$ ls | wc -l
3
```

<!-- exits: 1 -->
```console
$ recurra info missing
```

```python
print(1)
```

```text
1
```

```sh
not run
```
"""


def test_a_page_is_read(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text(PAGE)
    page = read_page(tmp_path / "page.md")
    assert page.uses == ["runs/tickets"]
    kinds = [(step.kind, step.source, step.shown, step.exits, step.name) for step in page.steps]
    assert kinds == [
        ("file", 'about = "mine"\n', (), 0, "own.toml"),
        ("console", "recurra info a \\\n    --json", ("{", "…"), 0, ""),
        ("console", "ls | wc -l", ("3",), 0, ""),
        ("console", "recurra info missing", (), 1, ""),
        ("python", "print(1)\n", ("1",), 0, ""),
    ]
    for step in page.steps:
        assert tuple(page.lines[step.first : step.last]) == step.shown


@pytest.mark.parametrize(
    "wrong", ["```console\nno command\n```", "<!-- exits: 1 -->\n```console\n$ true\n$ false\n```"]
)
def test_what_is_no_page(tmp_path: Path, wrong: str) -> None:
    (tmp_path / "page.md").write_text(wrong)
    with pytest.raises(ValueError, match=r"page\.md:"):
        read_page(tmp_path / "page.md")


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        ("800 rows in 1.2 s", "1,012 rows in 10.25 s", True),
        ("accuracy 0.9800  (0.94–0.99)", "accuracy 1.0 (0.9–1.0)", True),
        ("a     1\n-------", "a   100\n---------", True),
        ("loss -0.2", "loss 3e-05", True),
        ("800 rows", "800 lines", False),
        ("800 rows", "800 rows\nand more", False),
        ("800 rows\nand more", "800 rows", False),
        ("first\n…\nlast", "first\nlast", True),
        ("first\n…\nlast", "first\n1\n2\nlast", True),
        ("first\n…", "second\nlast", False),
        ("model: … (8 kB)", "model: a/b.safetensors (12 kB)", True),
        ("model: … (8 kB)", "model: a\n(12 kB)", False),
        ("(a|b)", "a", False),
        ("none", "", False),
    ],
)
def test_what_counts_as_the_same(shown: str, printed: str, same: bool) -> None:
    assert matches(shown.split("\n"), f"{printed}\n") is same


def test_refreshing_keeps_what_is_left_out_and_takes_todays_numbers() -> None:
    assert as_shown(["1 rows", "…", "loss 2", "at … 3"], "10 rows\na\nb\nloss 20\nat x 30\n") == [
        "10 rows",
        "…",
        "loss 20",
        "at … 3",
    ]
    assert as_shown(["1 rows", "…"], "another\nthing 3\n") == ["another", "thing 3"]


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("recurra info a --json", [["info", "a", "--json"]]),
        ("cat a | recurra predict m - --json > b && recurra data x", [["predict", "m", "-", "--json"], ["data", "x"]]),
        ("recurra predict m 'a > b' \\\n  --json", [["predict", "m", "a > b", "--json"]]),
        ("recurra score m - < texts.txt", [["score", "m", "-"]]),
        ("ls recurra --all", []),
    ],
)
def test_the_words_of_a_command(command: str, words: list[list[str]]) -> None:
    assert words_of(command) == words


def test_a_shell_runs_commands_code_and_files(shell: Callable[[Page], Shell], tmp_path: Path) -> None:
    opened = shell(Page(tmp_path, []))
    assert opened.run(Step("file", "hello\n", 1, name="a.txt")) == (0, "")
    assert opened.run(Step("console", "cat a.txt; exit 3", 1)) == (3, "hello\n")
    code, printed = opened.run(Step("console", "recurra info missing", 1))
    assert (code, printed) == (1, "recurra: error: There is no file missing. Check the path of the model.\n")
    assert opened.run(Step("console", "recurra info missing 2>&1", 1)) == (code, printed)
    assert opened.run(Step("python", "x = 1\n", 1)) == (0, "")
    assert opened.run(Step("python", "from pathlib import Path\nprint(x, Path('a.txt').read_text())\n", 1)) == (
        0,
        "1 hello\n\n",
    )
