"""What benchmarks/golden.py runs in each checkout, as words of the command line."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from golden_rows import TEXTS

__all__ = ["JOBS", "Job"]


@dataclass(frozen=True)
class Job:
    """A line of the table.

    Attributes:
        commands: words after ``recurra``, run in order; a folder of the job's name is there.
        needs: jobs whose models it reads.
        forced: a part of the program that no option chooses on a CPU (:data:`golden_worker.FORCED`).
        estimator: whether ``TextClassifier`` is run as well.
    """

    commands: tuple[tuple[str, ...], ...] = ()
    needs: tuple[str, ...] = ()
    forced: str = ""
    estimator: bool = False


TINY = {"hidden": 5, "embedding": 4, "epochs": 2, "batch_size": 16, "learning_rate": 0.02, "validation": 0.25}
BOTH = {"bidirectional": True}
DROPPED = {"dropout": 0.2, "word_dropout": 0.1, "weight_drop": 0.1}
PLAIN = "lesson/gru"
# Name, rows, engine, settings. The numba engine takes the compiled direct step where it can.
TRAINED: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    ("direct-simple-rnn", "news", "numba", {"cell": "simple_rnn"}),
    ("direct-gru-stacked-dropout", "news", "numba", {"cell": "gru", "layers": 2, **BOTH, **DROPPED}),
    ("direct-gru-before-characters", "news", "numba", {"cell": "gru_reset_before", "tokens": "characters", **BOTH}),
    ("direct-lstm", "news", "numba", {"cell": "lstm", **BOTH, "pooling": ["max", "mean"], "clip": 0.5}),
    ("direct-lstm-averaged", "news", "numba", {"cell": "lstm", "averaging": 0.9, "patience": 1, "epochs": 3}),
    ("direct-unmasked-keras-adam", "news", "numba", {"cell": "simple_rnn", "masked": False, "optimiser": "keras_adam"}),
    ("direct-focal-adamw", "news", "numba",
     {"cell": "lstm", "loss": "focal", "sampler": "balanced", "optimiser": "adamw", "weight_decay": 0.1}),
    ("direct-sparse-adam-bucketed", "news", "numba",
     {"cell": "gru", "optimiser": "sparse_adam", "bucketing": True, "batch_tokens": 150, "warmup": 0.2,
      "decay": "cosine", "label_smoothing": 0.1, "class_weights": "balanced"}),
    ("direct-simple-rnn-several", "topics", "numba", {"cell": "simple_rnn", **BOTH}),
    ("direct-gru-bytes-several", "topics", "numba", {"cell": "gru", "tokens": "bytes"}),
    ("direct-gru-before-several", "topics", "numba", {"cell": "gru_reset_before", "pooling": ["last", "mean"]}),
    ("direct-lstm-several", "topics", "numba",
     {"cell": "lstm", **BOTH, "class_weights": "balanced", "label_smoothing": 0.1}),
    ("autograd-lstm-attention", "news", "numba", {"cell": "lstm", **BOTH, "pooling": ["attention"], **DROPPED}),
    ("autograd-gru-one-hot-several", "topics", "numba", {"cell": "gru", "input": "one_hot"}),
    ("autograd-gru-before-every-step", "news", "numba", {"cell": "gru_reset_before", "every_step": 0.3}),
    ("autograd-simple-rnn-bytes-several", "topics", "numba",
     {"cell": "simple_rnn", "tokens": "bytes", "every_step": 0.3, "optimiser": "keras_adam"}),
    ("torch-lstm", "news", "torch", {"cell": "lstm", "layers": 2, **BOTH}),
    ("torch-gru-characters", "news", "torch", {"cell": "gru", "tokens": "characters"}),
    ("torch-simple-rnn-several", "topics", "torch", {"cell": "simple_rnn", **BOTH, "masked": False}),
    ("reference-simple-rnn", "news", "reference", {"cell": "simple_rnn", "epochs": 1}),
    ("reference-gru", "news", "reference", {"cell": "gru", **BOTH, "epochs": 1}),
    ("reference-gru-before-several", "topics", "reference", {"cell": "gru_reset_before", "epochs": 1}),
    ("reference-lstm-several", "topics", "reference", {"cell": "lstm", **BOTH, "epochs": 1}),
    ("device-simple-rnn", "news", "torch", {"cell": "simple_rnn", "masked": False, "optimiser": "keras_adam"}),
    ("device-gru", "news", "torch", {"cell": "gru", **BOTH, **DROPPED, "averaging": 0.9}),
    ("device-gru-before", "news", "numba", {"cell": "gru_reset_before", "every_step": 0.3, "clip": 0.5}),
    ("device-lstm", "news", "torch", {"cell": "lstm", "pooling": ["attention"], "optimiser": "adamw"}),
    ("triton-simple-rnn", "few", "triton", {"cell": "simple_rnn", "epochs": 1}),
    ("triton-gru-before", "few", "triton", {"cell": "gru_reset_before", "epochs": 1}),
    ("triton-lstm", "few", "triton", {"cell": "lstm", **BOTH, "epochs": 1}),
    ("triton-gru", "few", "triton", {"cell": "gru", "epochs": 1}),
    ("vectors", "news", "auto", {"cell": "lstm", "freeze_vectors": True}),
    ("titles", "news", "auto", {"cell": "gru", "field": "title", "tokens": "lesson", "vocabulary_from": "titles"}),
)  # fmt: skip


def train(name: str, rows: str, engine: str, settings: dict[str, Any], *, preset: str = PLAIN) -> tuple[str, ...]:
    """The command that trains a model, tiny but for its settings; ``None`` leaves the preset's."""
    words = ["train", f"{rows}.csv", "--out", f"{name}/run", "--model", preset, "--engine", engine, "--json"]
    if rows == "topics":
        words += ["--label-separator", "|"]
    if name == "vectors":
        words += ["--vectors", "vectors.txt"]
    if preset == PLAIN:
        settings = {"tokens": "words", "fixed_rows": False, "calibrate": True, **settings}
    for key, value in {**TINY, **settings}.items():
        words += [] if value is None else ["--set", f"{key}={json.dumps(value)}"]
    return tuple(words)


def model(name: str) -> str:
    """The path of a trained model."""
    return f"{name}/run/model.safetensors"


def _models() -> dict[str, Job]:
    jobs = {}
    for name, rows, engine, settings in TRAINED:
        kind = name.split("-")[0]
        jobs[name] = Job((train(name, rows, engine, settings),), forced=kind if kind in {"device", "triton"} else "")
    for name, rows in (("default-words", "news"), ("default-characters", "names"), ("default-several", "topics")):
        jobs[name] = Job((train(name, rows, "auto", {}, preset="default"),))
    jobs["lesson-bilstm"] = Job((train("lesson-bilstm", "news", "auto", {}, preset="lesson/bilstm"),))
    return jobs


def _commands() -> dict[str, Job]:
    one, other, several, others = "direct-lstm", "direct-simple-rnn", "direct-lstm-several", "torch-simple-rnn-several"
    first, second, third, fourth = (model(name) for name in (one, other, several, others))
    news, topics, mark = "news-test.csv", "topics-test.csv", ("--label-separator", "|")
    text = TEXTS[1]
    commands: dict[str, tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]] = {
        "train-from": ((one,), (
            ("train", "newer.csv", "--from", first, "--replay", "news.csv", "--out", "train-from/run", "--json"),)),
        "train-finding-rate": ((), (
            (*train("train-finding-rate", "news", "auto", {"learning_rate": None}), "--find-learning-rate"),)),
        "data": ((), (("data", "news.csv", "--json"), ("data", "names.csv", "--json"))),
        "check": ((one, several), (
            ("check", "untidy.csv", "--test", news, "--inside", "--out", "check/out", "--json"),
            ("check", "untidy.csv", "--test", news, "--fix", "check/clean.csv", "--unescape", "--drop-conflicts", "-q"),
            ("check", "newer.csv", "--model", first, "--json"),
            ("check", "topics.csv", *mark, "--test", topics, "--json"),
            ("check", topics, "--model", third, *mark, "--json"))),
        "evaluate": ((one, several), (
            ("evaluate", first, news, "--out", "evaluate/one", "--json"),
            ("evaluate", first, news, "--abstain-below", "0.6", "--json"),
            ("evaluate", third, topics, *mark, "--out", "evaluate/several", "--json"),
            ("evaluate", third, topics, *mark))),
        "predict": ((one, several), (
            ("predict", first, "--json", *TEXTS),
            ("predict", first, "--json", "--top-k", "2", "--abstain-below", "0.5", "-"),
            ("predict", third, "--json", *TEXTS),
            ("predict", third, *TEXTS))),
        "score": ((one, several), (
            ("score", first, news, "--out", "score/labelled.csv", "--all", "--json"),
            ("score", first, news, "--out", "score/kept.parquet", "--keep", "label", "--abstain-below", "0.5", "-q"),
            ("score", first, "texts.jsonl", "--out", "score/labelled.jsonl", "-q"),
            ("score", first, "texts.txt", "--out", "score/packed.jsonl.gz", "--all", "-q"),
            ("score", third, topics, "--out", "score/several.csv", "--all", "--json"),
            ("score", third, topics, "--out", "score/several.jsonl", "-q"),
            ("score", first, "-"))),
        "inspect": ((one, other, several), (
            ("inspect", first, text, "--gates", "--attribution", "--json"),
            ("inspect", second, text, "--gates", "--json"),
            ("inspect", third, text, "--attribution", "--json"),
            ("inspect", first, second, "--data", news, "--view", "gradients", "--rows", "40", "--json"))),
        "inspect-views": ((one, other), (
            ("inspect", second, "--view", "flags", "--data", news, "--json"),
            ("inspect", first, "--view", "states", "--data", news, "--json"),
            ("inspect", first, "--view", "doubts", "--data", news, "--train", "news.csv",
             "--queue", "inspect-views/queue.csv", "--json"),
            ("inspect", first, "--view", "doubts", "--data", "few.csv", "--folds", "2", "--json"))),
        "info": ((one, several), (
            ("info", first, "--json"), ("info", first, "--card"), ("info", first),
            ("info", third, "--json"), ("info", third, "--card"))),
        "compare": ((one, other, several, others), (
            ("compare", first, second, "--data", news, "--json"),
            ("compare", first, second, "--on", text, "--json"),
            ("compare", third, fourth, "--data", topics, *mark, "--json"))),
        "tune": ((), (
            ("tune", "news.csv", "--trials", "3", "--out", "tune/study", "--json", "--seed", "1",
             "--set", "hidden=4", "--set", "embedding=4", "--set", "epochs=2"),)),
        "export": ((one, several), (
            ("export", first, news, "--int8", "--out", "export/one.safetensors", "--json"),
            ("export", third, topics, *mark, "--int8", "--out", "export/several.safetensors", "--json"))),
        "lesson": ((), (
            ("lesson", "--dataset", "tiny", "--data-dir", "sets", "--models", "simple-rnn-titles,gru", "--out",
             "lesson/out", "--device", "cpu", "--json"),)),
    }  # fmt: skip
    return {name: Job(words, needs) for name, (needs, words) in commands.items()}


JOBS = {**_models(), "estimator": Job(estimator=True), **_commands()}
