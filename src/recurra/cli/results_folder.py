"""The folder of ``--out DIR``: figures for programs, and a page for people where its packages are installed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from recurra.cli.output import Output
from recurra.folders import check_folder, made_folder

__all__ = ["check_results_folder", "write_results"]


def check_results_folder(folder: Path, page: str, output: Output) -> bool:
    """Whether a page can be made; notes it if not. Called before the work, which may take minutes.

    Args:
        folder: the folder to write.
        page: the name of the page's file.
        output: where the note is printed.

    Raises:
        RecurraError: the folder cannot be made or written to.
    """
    from recurra.report.packages import missing_page_package

    check_folder(folder)
    missing = missing_page_package()
    if missing is not None:
        output.note(
            f"{missing} is not installed: {folder} gets no {page}. The page needs: pip install 'recurra[report]'"
        )
    return missing is None


def write_results(folder: Path, files: Mapping[str, str]) -> None:
    """Writes files, each whole or not at all, into a folder that is made.

    Args:
        folder: the folder.
        files: texts by file names.

    Raises:
        RecurraError: they cannot be written.
    """
    from recurra.atomic import write_atomically

    with made_folder(folder):
        for name, text in files.items():
            write_atomically(folder / name, text.encode("utf-8", "replace"))
