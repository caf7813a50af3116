"""A folder that classifies in a browser: a page of plain files, the model as ONNX, and ONNX Runtime."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from recurra.atomic import told
from recurra.bundle import Bundle
from recurra.cells import cell_named
from recurra.errors import RecurraError
from recurra.export.unicode_tables import unicode_tables
from recurra.export.web_runtime import RUNTIME, RUNTIME_FILES
from recurra.version import VERSION
from recurra.web.files import FILES

__all__ = ["GROUPS", "check_page_folder", "page_bytes", "page_files", "static_files", "write_page"]

STATIC = Path(__file__).parent / "page"
# What the page shares with the reading room.
SHARED = {name: f"/static/{name}" for name in ("css/colours.css", "js/dom.js", "icon.svg")}

ABOUT = "page.json"
FORMAT = "recurra page 1"
# Bytes of an ABOUT that is read: names of labels are most of it.
LARGEST_ABOUT = 1 << 26

LICENCE, NOTICES = "runtime/LICENSE.txt", "runtime/ThirdPartyNotices.txt"
MODEL, UNICODE = "model.onnx", "unicode.json"
# Served as what it is by every server: not all know .mjs.
RUNTIME_NAMES = {part.name: f"runtime/{part.name.replace('.mjs', '.js')}" for part in RUNTIME_FILES}

GROUPS = {"model": (MODEL,), "text": (UNICODE,), "runtime": ("runtime/",), "page": ("",)}
"""What the names of a group's files begin with; the first that fits counts."""


def page_files(
    bundle: Bundle, onnx: bytes, *, name: str, runtime: Mapping[str, bytes], notices: bytes | None
) -> dict[str, bytes]:
    """The files of a page, by their paths in its folder.

    Args:
        bundle: the model.
        onnx: the same as an ONNX file; see :func:`recurra.export.onnx_export.export_onnx`.
        name: of the model, for people.
        runtime: see :func:`recurra.export.web_runtime.read_runtime`.
        notices: of what the runtime is built from.
    """
    files = static_files()
    files |= {RUNTIME_NAMES[part]: content for part, content in runtime.items()}
    if notices is not None:
        files[NOTICES] = notices
    files |= {MODEL: onnx, UNICODE: _json(unicode_tables(bundle.text))}
    loaded = [MODEL, UNICODE, RUNTIME_NAMES[RUNTIME_FILES[1].name]]
    files[ABOUT] = _json(
        {
            "format": FORMAT,
            "name": name,
            "version": VERSION,
            "runtime": RUNTIME,
            "licence": LICENCE,
            "notices": None if notices is None else NOTICES,
            "files": sorted([*files, ABOUT]),
            "load_bytes": sum(len(files[one]) for one in loaded),
            "bytes": len(onnx),
            **_model_values(bundle),
        }
    )
    return files


def static_files() -> dict[str, bytes]:
    """The files that are the same in every page."""
    paths = (path for path in sorted(STATIC.rglob("*")) if path.is_file())
    files = {path.relative_to(STATIC).as_posix(): path.read_bytes() for path in paths}
    return files | {own: FILES[shared].path.read_bytes() for own, shared in SHARED.items()}


def page_bytes(files: Mapping[str, bytes]) -> dict[str, int]:
    """The bytes of each of the :data:`GROUPS` of files."""
    sizes = dict.fromkeys(GROUPS, 0)
    for path, content in files.items():
        sizes[next(group for group, begins in GROUPS.items() if path.startswith(begins))] += len(content)
    return sizes


def check_page_folder(folder: Path) -> None:
    """Refuses a folder that cannot be a page's: called before the work.

    Raises:
        RecurraError: its place is taken by something else than such a page, or its parent is missing.
    """
    with told(folder):
        target = Path(os.path.realpath(folder))
        if not target.parent.is_dir():
            raise RecurraError(f"{folder} cannot be written: there is no folder {target.parent}", "Make it first.")
        if not target.exists():
            return
        if not target.is_dir():
            raise RecurraError(f"{folder} is a file, and a page is a folder", "Give the name of a new folder.")
        present = sorted(path.relative_to(target).as_posix() for path in target.rglob("*") if not path.is_dir())
        others = sorted(set(present) - set(_listed(target / ABOUT)))
        if others:
            raise RecurraError(
                f"{folder} is there already, with {others[0]!r:.60}, which no export of a page wrote; it is kept",
                "Give the name of a new folder.",
            )


def write_page(files: Mapping[str, bytes], folder: Path) -> bool:
    """Writes a page under another name first and then gives it the folder's: it is there whole or not at all.

    Args:
        files: contents by paths; see :func:`page_files`.
        folder: a page that is there is replaced.

    Returns:
        Whether one was replaced.

    Raises:
        RecurraError: see :func:`check_page_folder`; or it cannot be written.
    """
    check_page_folder(folder)
    target = Path(os.path.realpath(folder))
    new, old = (target.with_name(f".{target.name[:100]}.{secrets.token_hex(4)}.{end}") for end in ("tmp", "old"))
    try:
        with told(folder):
            for path, content in files.items():
                place = new / path
                place.parent.mkdir(parents=True, exist_ok=True)
                with place.open("xb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
            replaced = target.exists()
            if replaced:
                target.rename(old)
            try:
                new.rename(target)
            except BaseException:
                if replaced:
                    old.rename(target)
                raise
    finally:
        shutil.rmtree(new, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)
    return replaced


def _listed(about: Path) -> list[str]:
    """The files that the page in a folder consists of; none if it is no page."""
    try:
        with about.open("rb") as file:
            values = json.loads(file.read(LARGEST_ABOUT))
    except (OSError, ValueError, RecursionError):
        return []
    if not isinstance(values, dict) or values.get("format") != FORMAT or not isinstance(values.get("files"), list):
        return []
    return [name for name in values["files"] if isinstance(name, str)]


def _model_values(bundle: Bundle) -> dict[str, Any]:
    network, branch = bundle.network, bundle.branch
    by_network, thresholds = bundle.text.max_tokens, bundle.thresholds
    return {
        "network": {
            "cell": cell_named(network.cell).title,
            "layers": network.layers,
            "units": network.hidden,
            "bidirectional": network.bidirectional,
            "branch": branch is not None,
        },
        "labels": [str(label) for label in bundle.labels.classes],
        "thresholds": None if thresholds is None else [float(threshold) for threshold in thresholds],
        "tokens": bundle.text.tokens,
        "max_tokens": by_network if branch is None else branch.settings.tokens_read(by_network),
        "reads_title": bundle.text.field == "title",
    }


def _json(values: Any) -> bytes:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
