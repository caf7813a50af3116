"""The lesson, from the data to the page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from recurra.atomic import write_atomically
from recurra.bundle import write_bundle
from recurra.data.datasets import Dataset, load_dataset
from recurra.errors import SettingsError
from recurra.folders import locked_folder, made_folder
from recurra.lesson.baseline import measure_baseline
from recurra.lesson.bucketing import measure_bucketing
from recurra.lesson.comparisons import bucketing_result, masking_result, shuffled_result, vocabulary_result
from recurra.lesson.inside import flow_result, reading_result
from recurra.lesson.model_results import baseline_result, model_result, phrase
from recurra.lesson.monitor import LessonMonitor
from recurra.lesson.one_model import Trained, train_one
from recurra.lesson.page import lesson_page
from recurra.lesson.result import LessonResult
from recurra.lesson.table import lesson_table

__all__ = ["MODELS", "PAGE", "run_lesson"]

MODELS = ("simple-rnn-titles", "simple-rnn-masked", "gru", "lstm", "bilstm")
PAGE = "lesson.html"

# Documents that the lesson's networks need to see before their pictures tell the truth; one epoch of AG News has twice
# as many, but stories longer than news items take longer, too.
DOCUMENTS = 30_000
MOST_EPOCHS = 10


def run_lesson(
    *,
    dataset: str = "auto",
    data_dir: Path | None = None,
    take: int | None = None,
    take_test: int | None = None,
    models: Sequence[str] | None = None,
    epochs: int | None = None,
    seed: int = 0,
    device: str = "auto",
    out: Path = Path("lesson-run"),
    monitor: LessonMonitor | None = None,
) -> LessonResult:
    """Trains the lesson's networks, measures what the lesson talks about, and writes ``lesson.html``.

    Args:
        dataset: name of a set, or ``auto``: AG News where it can be had, else Reuters R8.
        data_dir: where sets lie; ``None`` looks at ``RECURRA_DATA`` and beside the current folder.
        take: training rows at most.
        take_test: test rows at most.
        models: short names out of :data:`MODELS`; ``None`` takes all.
        epochs: passes over the training rows; ``None`` is the lesson's one epoch, and more on sets much smaller
            than AG News.
        seed: of every random choice.
        device: ``auto`` (a GPU where there is one), ``cpu``, ``cuda`` or ``mps``.
        out: folder for the page, the numbers as ``lesson.json`` and the models.
        monitor: hears of the progress.

    Returns:
        What was measured.

    Raises:
        SettingsError: a model's name is unknown.
        DataError: the data cannot be had or used.
        RecurraError: the folder cannot be written, or another run writes into it.
    """
    monitor = monitor or LessonMonitor()
    names = _chosen(models)
    out = Path(out)
    with locked_folder(out), made_folder(out / "models"):
        data = load_dataset(dataset, data_dir=data_dir, take=take, take_test=take_test, say=monitor.on_message)
        if epochs is None:
            epochs = _epochs(data, monitor)

        trained: dict[str, Trained] = {}
        for name in names:
            trained[name] = one = train_one(
                name, f"lesson/{name}", data, epochs=epochs, seed=seed, device=device, monitor=monitor
            )
            write_bundle(one.model.bundle, out / "models" / f"{name}.safetensors")
            monitor.on_message(f"\n{one.preset}\n{one.model.summary()}\n{_spoken(one)}")
        monitor.on_message("\nWhat the lesson asks: masks, pads, word order, vocabulary, bucketing.")
        result = _measure(trained, data, epochs=epochs, seed=seed, device=device, monitor=monitor)
        write_atomically(out / "lesson.json", json.dumps(result, indent=1, ensure_ascii=False).encode())
        write_atomically(out / PAGE, lesson_page(result).encode())
        monitor.on_message(f"\n{lesson_table(result)}\n\nThe page is {out / PAGE}, the models lie in {out / 'models'}.")
    return result


def _measure(
    trained: dict[str, Trained], data: Dataset, *, epochs: int, seed: int, device: str, monitor: LessonMonitor
) -> LessonResult:
    def again(title: str, name: str, options: dict[str, object]) -> Trained:
        return train_one(
            title, f"lesson/{name}", data, epochs=epochs, seed=seed, device=device, monitor=monitor, options=options
        )

    masking = vocabulary = bucketing = None
    if "simple-rnn-masked" in trained:
        unmasked = again("simple-rnn without a mask", "simple-rnn-masked", {"masked": False})
        padded = {"SimpleRNN, full text": unmasked}
        padded |= {one.short_name: one for one in trained.values() if not one.model.settings.masked}
        masking = masking_result(unmasked, trained["simple-rnn-masked"], padded, data)
    if "gru" in trained:
        full = again(
            "gru, vocabulary of the full text", "gru", {"vocabulary_from": "all", "vocabulary_documents": None}
        )
        vocabulary = vocabulary_result(trained["gru"], full, data)
    masked = [one for one in trained.values() if one.model.settings.masked]
    if masked:
        monitor.on_message("Timing batches with and without bucketing …")
        bucketing = bucketing_result(
            masked[0], *measure_bucketing(masked[0], data.train, seed=seed, device=device), data
        )
    monitor.on_message("Looking inside: a text word by word, and how far back the gradient reaches …")
    reading, gradients = (
        reading_result(list(trained.values()), data),
        flow_result(list(trained.values()), data, seed=seed),
    )
    monitor.on_message("Training the linear model on TF-IDF …")
    return {
        "dataset": data.title,
        "dataset_note": data.reason,
        "train_rows": len(data.train),
        "test_rows": len(data.test),
        "train_phrase": phrase(len(data.train), data),
        "seed": seed,
        "models": [model_result(one, data) for one in trained.values()],
        "baseline": baseline_result(measure_baseline(data), data),
        "masking": masking,
        "bucketing": bucketing,
        "shuffled": [shuffled_result(one, data, seed=seed) for one in trained.values()],
        "vocabulary": vocabulary,
        "reading": reading,
        "gradients": gradients,
    }


def _chosen(models: Sequence[str] | None) -> list[str]:
    names = [name.removeprefix("lesson/") for name in models or MODELS]
    unknown = [name for name in names if name not in MODELS]
    if unknown:
        raise SettingsError(f"The lesson has no model {unknown[0]!r}", f"Its models are {', '.join(MODELS)}.")
    return [name for name in MODELS if name in names]


def _epochs(data: Dataset, monitor: LessonMonitor) -> int:
    epochs = min(MOST_EPOCHS, max(1, round(DOCUMENTS / len(data.train))))
    if epochs > 1:
        monitor.on_message(
            f"{len(data.train):,} rows are few beside AG News: {epochs} epochs instead of the lesson's one, so that "
            "the networks see enough documents (--epochs changes it)."
        )
    return epochs


def _spoken(one: Trained) -> str:
    low, high = one.test.intervals["accuracy"]
    return (
        f"{one.fitted.outcome.seconds:.1f} s of training, {one.docs_per_second:,.0f} documents a second, "
        f"test accuracy {one.test.accuracy:.2%} ({low:.2%} to {high:.2%})"
    )
