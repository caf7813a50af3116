"""Writes tests/fixtures/models: model files and checkpoints that every later Recurra must take, with their answers.

    python benchmarks/kept_models.py [NAME ...]

What is there already stays as it is: a kept file is worth something because old code wrote it. So this only adds what
is missing, with the Recurra that it is run with. Three files come from the first commits that wrote their format:

    git worktree add OLD bf4af01 && PYTHONPATH=OLD/src python benchmarks/kept_models.py first-format-1
    git worktree add OLD c4c15cd && PYTHONPATH=OLD/src python benchmarks/kept_models.py first-format-2
    git worktree add OLD c02fd37 && PYTHONPATH=OLD/src python benchmarks/kept_models.py first-format-3

``answers.json`` has the documents, and of each model its classes, its probabilities and what it predicts.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import safe_open

import recurra

FOLDER = Path(__file__).parents[1] / "tests" / "fixtures" / "models"
# A probability this close to another, or to its threshold, could be answered otherwise on another processor.
MARGIN = 1e-4

TOPICS = {
    "money": ("oil", "prices", "rise", "bank", "tax", "株価"),
    "sport": ("team", "wins", "match", "goal", "cup", "łódź"),
    "world": ("vote", "treaty", "border", "peace", "rome", "мир"),
}
COMMON = ("the", "a", "again", "and", "late", "!")
LONG = " ".join(["the team wins a late match and oil prices rise again"] * 8 + ["unheard words", "vote"] * 6)
DOCUMENTS: list[Any] = [
    "",
    " \t\n ",
    "oil prices rise again",
    "TEAM wins: a late match!",
    "qwx zzyzx unheard-of",
    LONG,
    "株価は上がる、東京で。",
    "мир — ça va? Łódź, naïve",
    "👩\u200d🚀🎉 goal 🏆",
    "e\u0301te\u0301 \u202evote\u202c ａｂｃ ١٣",
    "tax\x00bank\u2028border",
    "a",
    ["Oil prices", "the team wins a late match"],
    ["", "peace treaty"],
    ["Vote in Rome", ""],
]

NETWORK = {"hidden": 4, "embedding": 3, "fixed_rows": False}
SMALL = {**NETWORK, "batch_size": 8, "epochs": 8, "learning_rate": 0.03, "validation": 0.2}
TWO = {"bidirectional": True, "layers": 2}


def kept() -> dict[str, dict[str, Any]]:
    """How each model is made: its settings, and what :func:`make_model` takes beside."""
    models: dict[str, dict[str, Any]] = {}
    for cell in ("simple_rnn", "gru", "gru_reset_before", "lstm"):
        name = cell.replace("_", "-")
        models[name] = {"cell": cell}
        models[f"{name}-bidirectional-stacked"] = {"cell": cell, **TWO}
    return {
        **models,
        "pooling-max": {"pooling": ["max"]},
        "pooling-mean": {"pooling": ["mean"], "cell": "lstm"},
        "pooling-attention": {"pooling": ["attention"], "bidirectional": True},
        "pooling-all": {"pooling": ["last", "max", "mean", "attention"], "cell": "lstm"},
        "one-hot": {"input": "one_hot"},
        "every-step": {"every_step": 0.3, "dropout": 0.2, "word_dropout": 0.1, "weight_drop": 0.1},
        "unmasked": {"masked": False, "cell": "simple_rnn"},
        "unmasked-bidirectional": {"masked": False, "bidirectional": True, "pooling": ["mean"], "cell": "lstm"},
        "lesson-tokens": {"tokens": "lesson", "fixed_rows": True, "vocabulary_size": 30},
        "characters": {"tokens": "characters", "bidirectional": True},
        "bytes": {"tokens": "bytes", "cell": "lstm"},
        "tokens-auto": {"preset": "default"},
        "title": {"rows": "pairs", "field": "title", "vocabulary_from": "titles", "masked": False},
        "first-words": {"field": "title", "first_words": 3},
        "title-and-text": {"rows": "pairs", "cell": "lstm"},
        "integer-labels": {"rows": "integers"},
        "boolean-labels": {"rows": "booleans"},
        "real-labels": {"rows": "reals"},
        "calibrated": {"rows": "doubtful", "count": 240, "validation": 0.5, "epochs": 30, "calibrate": True},
        "averaged-adamw": {"optimiser": "adamw", "weight_decay": 0.01, "averaging": 0.9, "label_smoothing": 0.1},
        "several-labels": {"rows": "several", "cell": "lstm"},
        "several-labels-characters": {"rows": "several", "tokens": "characters", **TWO},
        "several-labels-integers": {"rows": "several integers", "cell": "simple_rnn", "masked": False},
        "several-labels-own-thresholds": {"rows": "several", "count": 400, "validation": 0.5, "calibrate": True},
        "several-labels-int8": {"rows": "several", "int8": True},
        "several-labels-int8-compact": {"rows": "several", "weights": "int8_compact"},
        "int8-simple-rnn": {"cell": "simple_rnn", "int8": True},
        "int8-lstm": {"cell": "lstm", "int8": True, **TWO},
        "int8-attention": {"cell": "gru_reset_before", "pooling": ["attention"], "int8": True},
        "pretrained-vectors": {"vectors": True, "freeze_vectors": True},
        "continued": {"continued": True},
        "linear-branch": {"branch": True, "bidirectional": True, "cell": "lstm"},
        "linear-branch-characters": {"branch": True, "ngrams": 4, "tokens": "characters"},
        "linear-branch-int8": {"branch": True, "int8": True},
        "linear-branch-int8-compact": {"branch": True, "weights": "int8_compact"},
        "linear-branch-several-labels": {"rows": "several", "branch": True, "subwords": 0},
        "first-format-1": {"cell": "lstm", **TWO},
        "first-format-2": {"cell": "gru", "bidirectional": True, "int8": True},
        "first-format-3": {"rows": "several", "cell": "lstm"},
    }


CHECKPOINTS = {
    "checkpoint": {**TWO, "cell": "gru", "averaging": 0.9, "patience": 3, "dropout": 0.2, "optimiser": "adamw"},
    "checkpoint-several-labels": {"cell": "lstm", "tokens": "characters", "pooling": ["attention"], "clip": 1.0},
}


def rows_of(kind: str, count: int = 120, *, seed: int = 0) -> tuple[list[Any], list[Any]]:
    """Generated documents and labels."""
    generator = random.Random(seed)  # noqa: S311
    documents: list[Any] = []
    labels: list[Any] = []
    for _ in range(count):
        topics = generator.sample(sorted(TOPICS), generator.choice((0, 1, 1, 2)) if "several" in kind else 1)
        words = generator.choices(COMMON, k=generator.randrange(1, 7))
        words += [word for topic in topics for word in generator.choices(TOPICS[topic], k=3)]
        generator.shuffle(words)
        if kind == "doubtful" and generator.random() < 0.3:
            topics = generator.sample(sorted(TOPICS), 1)
        title = " ".join(generator.choices(TOPICS[topics[0]], k=2)).capitalize() if topics else ""
        documents.append((title, " ".join(words)) if kind == "pairs" else " ".join(words))
        found: list[Any] = sorted(topics)
        if kind.endswith("integers"):
            found = [{"money": -3, "sport": 0, "world": 2**40}[topic] for topic in found]
        elif kind == "booleans":
            found = [found[0] == "sport"]
        elif kind == "reals":
            found = [{"money": 0.5, "sport": 1.5, "world": 4.0}[found[0]]]
        labels.append(found if "several" in kind else found[0])
    return documents, labels


def make_model(name: str, options: dict[str, Any], work: Path) -> Path:
    """Trains a model, and writes it.

    Args:
        name: of the file.
        options: settings; ``preset`` to start from; ``rows`` and ``count`` for :func:`rows_of`; whether it is made
            ``int8``, starts from ``vectors``, or is ``continued`` with a new class and new words.
        work: a folder.
    """
    options = {**SMALL, "tokens": "auto" if "preset" in options else "words", **options}
    usual = {"preset": "lesson/gru", "rows": "texts", "count": 120, "int8": False, "vectors": False, "continued": False}
    preset, rows, count, int8, vectors, continued = (options.pop(key, value) for key, value in usual.items())
    model = work / f"{name}.safetensors"
    given = {"vectors": _vectors(work / "vectors.txt")} if vectors else {}
    classifier = recurra.TextClassifier(model=preset, options=options, device="cpu", random_state=1, **given)
    classifier.fit(*rows_of(rows, count)).save(model)
    if continued:
        new = ["the comet and a star again", "a moon late !"] * 8, ["space", "space"] * 8
        old = rows_of(rows, 30, seed=1)
        classifier.fit([*new[0], *old[0]], [*new[1], *old[1]], initial=model).save(model)
    if int8:
        from recurra.cli import main as command

        whole = model.rename(work / "float32.safetensors")
        if command(["export", str(whole), "--int8", "--out", str(model), "--quiet"]):
            raise SystemExit(f"{name} could not be exported")
    return model


def answers_of(path: Path) -> dict[str, Any]:
    """What a model file answers to the documents."""
    model = recurra.load(path)
    documents = [tuple(one) if isinstance(one, list) else one for one in DOCUMENTS]
    probabilities = model.predict_proba(documents)
    thresholds = getattr(model.bundle, "thresholds", None)
    falling = -np.sort(-probabilities, axis=1)
    gaps = falling[:, 0] - falling[:, 1] if thresholds is None else abs(probabilities - thresholds)
    if gaps.min() < MARGIN:
        raise SystemExit(f"{path.name} answers within {gaps.min():.1e} of something else: change its options")
    return {
        "classes": list(model.bundle.labels.classes),
        "predicted": model.predict(documents).tolist(),
        "probabilities": [[float(str(value)) for value in row] for row in probabilities],
    }


def make_checkpoint(name: str, options: dict[str, Any], work: Path) -> tuple[Path, list[str], dict[str, Any]]:
    """Stops a run in its second epoch, and takes a copy of it to its end.

    Returns:
        The checkpoint, the words of the command without DATA and DIR, and the answers in the end.
    """
    several = "several" in name
    documents, labels = rows_of("several" if several else "texts", 60, seed=2)
    with (FOLDER / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("text", "label"))
        marks = ["|".join(label) for label in labels] if several else labels
        writer.writerows(zip(documents, marks, strict=True))
    settings = {"tokens": "words", **SMALL, "epochs": 6, **options}
    words = ["--model", "lesson/gru", "--device", "cpu", "--quiet", *(["--label-separator", "|"] if several else [])]
    for key, value in settings.items():
        words += ["--set", f"{key}={json.dumps(value)}"]
    start = [sys.executable, "-m", "recurra", "train", str(FOLDER / f"{name}.csv"), *words, "--out"]
    run, checkpoint = work / name, work / name / "checkpoint.safetensors"
    with subprocess.Popen([*start, str(run), "--checkpoint-every", "0"]) as running:
        while running.poll() is None and (not checkpoint.exists() or position(checkpoint)["steps"] < 9):
            time.sleep(0.001)
        running.send_signal(signal.SIGINT)
    found = position(checkpoint)
    if found["finished"] or not found["batch"]:
        raise SystemExit(f"{name} stopped at {found}: try again")
    stopped = checkpoint.read_bytes()
    subprocess.run([*start, str(run), "--resume"], check=True)
    answers = answers_of(run / "model.safetensors")
    checkpoint.write_bytes(stopped)
    return checkpoint, words, answers


def position(checkpoint: Path) -> dict[str, Any]:
    """Where a run stood."""
    with safe_open(checkpoint, framework="np") as file:
        found: dict[str, Any] = json.loads(file.metadata()["recurra"])["position"]
    return found


def as_lines(answers: dict[str, Any]) -> str:
    """JSON with a model a line, so that one more is one line more."""
    parts = [f'"documents": {json.dumps(answers["documents"])}']
    for key in ("models", "runs"):
        lines = [f"{json.dumps(name)}: {json.dumps(found)}" for name, found in sorted(answers[key].items())]
        parts.append(f'"{key}": {{\n' + ",\n".join(lines) + "\n}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _vectors(path: Path) -> Path:
    generator = random.Random(3)  # noqa: S311
    words = [word for topic in TOPICS.values() for word in topic]
    lines = [" ".join([word, *(f"{generator.gauss(0, 1):.4f}" for _ in range(3))]) for word in words]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def main(names: list[str]) -> None:
    """Writes the files of these names, or all but the first of each format, where there are none yet."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    file = FOLDER / "answers.json"
    answers = json.loads(file.read_text()) if file.exists() else {"documents": DOCUMENTS, "models": {}, "runs": {}}
    if answers["documents"] != DOCUMENTS:
        raise SystemExit(f"{file} has other documents: the answers to new ones would be missing")
    models = kept()
    for name in names or [name for name in (*models, *CHECKPOINTS) if not name.startswith("first-format")]:
        if (FOLDER / f"{name}.safetensors").exists():
            continue
        with tempfile.TemporaryDirectory() as folder:
            if name in CHECKPOINTS:
                written, words, found = make_checkpoint(name, CHECKPOINTS[name], Path(folder))
                answers["runs"][name] = {"options": words, **found}
            else:
                written = make_model(name, models[name], Path(folder))
                answers["models"][name] = answers_of(written)
            (FOLDER / f"{name}.safetensors").write_bytes(written.read_bytes())
        file.write_text(as_lines(answers), encoding="ascii")
        print(f"{name}: {(FOLDER / name).with_suffix('.safetensors').stat().st_size:,} bytes")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME")
    main(parser.parse_args().names)
