"""Runs jobs of benchmarks/golden.py with the Recurra that is imported, in the current folder.

    PYTHONPATH=CHECKOUT/src python benchmarks/golden_worker.py NAME ...

Each job leaves a folder: what its commands wrote, what they printed as ``N-COMMAND.json`` or ``.txt``, what its models
answer as ``answers.npz``, and, if something failed, ``failed.log``. All run in one process, since importing torch takes
longer than most of them; they go through the function that the script ``recurra`` calls.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from golden_jobs import JOBS, Job
from golden_rows import OWN, TEXTS, write_files

__all__ = ["with_needs"]


def with_needs(names: list[str]) -> list[str]:
    """The jobs of these names, each behind those whose models it reads."""
    found: dict[str, None] = {}
    for name in names:
        found.update(dict.fromkeys([*JOBS[name].needs, name]))
    return list(found)


def run(name: str, job: Job) -> None:
    """Runs a job, and writes down how it failed if it did."""
    folder = Path(name)
    folder.mkdir()
    try:
        with forced(job.forced) as used:
            for number, words in enumerate(job.commands, 1):
                code, out, err = called(words)
                kind = "json" if "--json" in words else "txt"
                (folder / f"{number}-{words[0]}.{kind}").write_bytes(out)
                if code:
                    raise RuntimeError(f"recurra {' '.join(words)} ended with {code}: {err.strip()}")
            if job.estimator:
                estimate(folder)
        if job.forced and not used:
            raise RuntimeError(f"{FORCED[job.forced]} was not used")
        for model in sorted(folder.glob("run/*model.safetensors")):
            np.savez(folder / "answers.npz", **answers(model))
    except Exception:  # What it was is told in the table.
        (folder / "failed.log").write_text(traceback.format_exc(), encoding="utf-8")


def called(words: tuple[str, ...]) -> tuple[int, bytes, str]:
    """Exit code and what was printed by a command; ``-`` reads the texts."""
    from recurra.cli import main

    out, err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), io.StringIO()
    before, sys.stdin = sys.stdin, io.TextIOWrapper(io.BytesIO(Path("texts.txt").read_bytes()), encoding="utf-8")
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(list(words))
    finally:
        sys.stdin = before
    out.flush()
    return code, out.buffer.getvalue(), err.getvalue()  # type: ignore[attr-defined]


def answers(path: Path) -> dict[str, Any]:
    """The probabilities of a model file, and those after each word of two texts."""
    import recurra

    model = recurra.load(path)
    read = {f"read{place}": model.read(text) for place, text in enumerate(TEXTS[:2])}
    evidence = {f"{name}.evidence": reading.evidence for name, reading in read.items()}
    probabilities = {name: reading.probabilities for name, reading in read.items()}
    return {"probabilities": model.predict_proba(TEXTS), **probabilities, **evidence}


def estimate(folder: Path) -> None:
    """``TextClassifier`` on whole numbers and on an indicator matrix."""
    from recurra import TextClassifier

    options = {"hidden": 5, "embedding": 4, "validation": 0.2, "tokens": "words", "fixed_rows": False}
    texts = [" ".join(words[place % 5 :]) for place in range(20) for words in OWN.values()]
    numbers = [label for _ in range(20) for label in range(len(OWN))]
    matrix = np.array([[label % 2, int(label > 1), int(label == 3)] for label in numbers])
    found: dict[str, Any] = {}
    for name, labels in (("numbers", np.array(numbers)), ("matrix", matrix)):
        classifier = TextClassifier("lesson/gru", options=options, epochs=2, learning_rate=0.03, device="cpu")
        classifier.fit(texts, labels)
        classifier.save(folder / f"{name}.safetensors")
        found[f"{name}.probabilities"] = classifier.predict_proba(TEXTS)
        found[f"{name}.predicted"] = classifier.predict(TEXTS)
        found[f"{name}.classes"] = classifier.classes_
        found[f"{name}.score"] = np.array(classifier.score(texts, labels))
    np.savez(folder / "estimator.npz", **found)


# Classes that no option chooses on a CPU; each says by ``takes`` whether it computes something.
FORCED = {"device": "DeviceStep", "triton": "TritonEngine"}


@contextlib.contextmanager
def forced(what: str) -> Iterator[list[None]]:
    """Lets a step or an engine that is for GPUs compute on this CPU; the list is empty if it was never asked.

    It is found by the name of its class wherever it lies, since its module may move.
    """
    used: list[None] = []
    if not what:
        yield used
        return
    from recurra import TextClassifier  # noqa: F401 (it imports all of training)

    modules = [vars(module) for name, module in sys.modules.items() if name.startswith("recurra.")]
    one: Any = next((module[FORCED[what]] for module in modules if FORCED[what] in module), None)
    if one is None:
        raise RuntimeError(f"There is no class {FORCED[what]}: name in FORCED what takes its place")
    before = one.__dict__["takes"]

    def takes(*_: Any) -> bool:
        used.append(None)
        return True

    one.takes = staticmethod(takes)
    try:
        yield used
    finally:
        one.takes = before


def interpret_triton() -> None:
    """As tests/recurrence/conftest.py does: Triton's interpreter instead of a GPU."""
    os.environ["TRITON_INTERPRET"] = "1"
    try:
        from triton.runtime import interpreter
    except ImportError:
        return
    patch = interpreter._patch_lang_tensor

    def with_loop_bounds(tensor: Any, scope: Any) -> None:
        # Triton 3.6 makes a loop's bound of an array with one number, which NumPy 2.4 refuses (triton pull 9172).
        patch(tensor, scope)
        scope.set_attr(tensor, "__index__", lambda self: int(self.handle.data.item()))

    interpreter._patch_lang_tensor = with_loop_bounds


if __name__ == "__main__":
    write_files(Path())
    if any(JOBS[name].forced == "triton" for name in sys.argv[1:]):
        interpret_triton()
    for each in with_needs(sys.argv[1:]):
        run(each, JOBS[each])
