"""Checks that a page reads texts as the model does, and answers what it answers."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from recurra.bundle import Bundle
from recurra.data.documents import Document
from recurra.errors import ModelFileError, RecurraError
from recurra.export.check import check_equal
from recurra.export.preprocessing import preprocessing
from recurra.export.unicode_tables import unicode_tables
from recurra.text.vocabulary import SPECIAL_IDS, UNKNOWN_ID

__all__ = ["NetworkInputs", "answers_in_node", "browser_texts", "check_in_node", "javascript_inputs", "network_inputs"]

SCRIPT = Path(__file__).parent / "node" / "read.mjs"
NODE_SECONDS = 300.0

NetworkInputs: TypeAlias = dict[str, list[int]]


def browser_texts(documents: Sequence[Document]) -> list[str]:
    """Documents as texts that a browser can hold: there two surrogates that make a pair are one character.

    Args:
        documents: texts, or (title, text) pairs, which are joined.
    """
    texts = (one if isinstance(one, str) else " ".join(filter(None, one)) for one in documents)
    return [text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass") for text in texts]


def network_inputs(bundle: Bundle, texts: Sequence[str]) -> list[NetworkInputs]:
    """What an exported network is given of each text: the inputs by their names, as the model itself finds them."""
    opened, branch = bundle.open(texts), bundle.branch
    closed = opened.closed
    inputs = [{"ids": closed[row].tolist()} for row in range(len(texts))]
    if branch is None:
        return inputs
    ngrams = branch.ngrams.find(opened.ids)
    words = (*bundle.vocabulary.tokens, *opened.words)
    for row, values in enumerate(inputs):
        values["ngrams"] = ngrams[row].tolist()
        if branch.subwords is not None:
            read = [words[i - SPECIAL_IDS] for i in opened.ids[row].tolist() if i != UNKNOWN_ID]
            values["subwords"] = branch.subwords.find(read).values.tolist()
    return inputs


def check_in_node(bundle: Bundle, texts: Sequence[str], files: Mapping[str, bytes]) -> float | None:
    """Checks that a page, run by Node.js, reads of texts what the model reads, and answers what it answers.

    Args:
        bundle: the model.
        texts: one or more; see :func:`browser_texts`.
        files: of the page, by their paths.

    Returns:
        The largest difference of a probability; ``None`` without Node.js.

    Raises:
        ModelFileError: something differs.
        RecurraError: Node.js fails.
    """
    found = _in_node(files, {"texts": list(texts)})
    if found is None:
        return None
    for text, ours, theirs in zip(texts, network_inputs(bundle, texts), found["inputs"], strict=True):
        if ours != theirs:
            wrong = ", ".join(name for name in ours if ours[name] != theirs.get(name))
            raise ModelFileError(
                f"The page's JavaScript reads other {wrong} in {text!r:.60} than the model; nothing is written",
                "Keep the model as it is, and report the text and the model's settings (recurra info MODEL) as a bug.",
            )
    answers = np.array(found["probabilities"], dtype=np.float32)
    return check_equal(bundle, texts, lambda _: answers)


def answers_in_node(texts: Sequence[str], files: Mapping[str, bytes]) -> npt.NDArray[np.float32] | None:
    """The probabilities that a page, run by Node.js, gives texts, float32[B, C]; ``None`` without Node.js."""
    found = _in_node(files, {"texts": list(texts)})
    return None if found is None else np.array(found["probabilities"], dtype=np.float32)


def javascript_inputs(bundle: Bundle, texts: Sequence[str], files: Mapping[str, bytes]) -> list[NetworkInputs] | None:
    """As :func:`network_inputs`, found by the page's JavaScript; ``None`` without Node.js."""
    values = {"values": preprocessing(bundle), "unicode": unicode_tables(bundle.text), "texts": list(texts)}
    found = _in_node(files, values)
    return None if found is None else found["inputs"]


def find_node() -> str | None:
    """The path of Node.js, if it is installed."""
    return shutil.which("node")


def _in_node(files: Mapping[str, bytes], sent: dict[str, Any]) -> dict[str, Any] | None:
    node = find_node()
    if node is None:
        return None
    with tempfile.TemporaryDirectory(prefix="recurra-") as folder:
        for path, content in files.items():
            place = Path(folder) / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        # Without this, Node.js takes files that end in .js for another kind of module.
        (Path(folder) / "package.json").write_text('{"type": "module"}')
        return _answered([node, str(SCRIPT), folder], json.dumps(sent))


def _answered(command: list[str], sent: str) -> dict[str, Any]:
    hint = "Update Node.js (20 or later), or take it off the PATH: the comparison is then left out."
    try:
        ran = subprocess.run(  # noqa: S603  (node and files of ours, no shell)
            command, input=sent.encode(), capture_output=True, timeout=NODE_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise RecurraError(f"Node.js did not read the texts within {NODE_SECONDS:g} s", hint) from None
    except OSError as error:
        raise RecurraError(f"Node.js cannot be started: {error}", hint) from None
    if ran.returncode != 0:
        lines = [line for line in ran.stderr.decode("utf-8", "replace").splitlines() if re.match(r"\w*Error\b", line)]
        raise RecurraError(f"Node.js fails: {lines[0][:160] if lines else ran.returncode}", hint)
    found: dict[str, Any] = json.loads(ran.stdout)
    return found
