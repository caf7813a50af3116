"""Runs the lesson, from the data to the page."""

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
from recurra.lesson.callback import LessonCallback
from recurra.lesson.enough_rows import require_enough_rows
from recurra.lesson.experiment_results import (
    bucketing_result,
    masking_result,
    pads_result,
    shuffled_result,
    vocabulary_result,
)
from recurra.lesson.inspection_results import gradient_flow_result, reading_result
from recurra.lesson.model_results import baseline_result, model_result, phrase
from recurra.lesson.page import lesson_page
from recurra.lesson.result import LessonResult
from recurra.lesson.table import lesson_table
from recurra.lesson.trained_model import TrainedModel, train_and_score
from recurra.report.formatting import plural
from recurra.report.packages import require_page_packages
from recurra.report.translation import check_language, use_language

__all__ = ["MODELS", "PAGE", "run_lesson"]

MODELS = ("simple-rnn-titles", "simple-rnn-masked", "gru", "lstm", "bilstm")
# Not in the lesson: a cell without a product from state to state.
MORE_MODELS = ("fast",)
PAGE = "lesson.html"

# Documents that the lesson's networks need for meaningful results. One epoch of AG News has twice as many, but the
# longer texts of other sets take more time.
DOCUMENTS = 30_000
MOST_EPOCHS = 10
# Of sets whose texts are long: about as many words as a row of AG News has. A network that reads pads would read five
# times as many pads as words of Reuters' texts, and learn nothing, which the page's section on pads shows.
FIRST_WORDS = {"r8": 40, "r52": 40}


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
    language: str = "en",
    callback: LessonCallback | None = None,
) -> LessonResult:
    """Trains the lesson's networks, runs its experiments, and writes ``lesson.html``.

    Args:
        dataset: name of a data set, or ``auto``: AG News if it is available, else Reuters R8.
        data_dir: folder of the data sets; ``None`` takes ``RECURRA_DATA`` or a folder beside the current one.
        take: largest number of training rows.
        take_test: largest number of test rows.
        models: short names from :data:`MODELS`, or ``fast`` (without its linear branch); ``None`` takes all of the
            lesson's.
        epochs: number of passes over the training rows; ``None`` is the lesson's one epoch, and more on sets that are
            much smaller than AG News.
        seed: seed of every random choice.
        device: ``auto`` (a GPU where there is one), ``cpu``, ``cuda`` or ``mps``.
        out: folder for the page, the results as ``lesson.json`` and the models.
        language: of the page, ``en`` or ``ja``; messages, the tables and ``lesson.json`` are in English.
        callback: called with the progress.

    Returns:
        The results.

    Raises:
        SettingsError: a model's name or the language is unknown, or there are too few rows.
        DataError: the data set is not available or cannot be used.
        RecurraError: the folder cannot be written, another run writes into it, or a package that the page needs is
            not installed.
    """
    callback = callback or LessonCallback()
    require_page_packages()
    check_language(language)
    names = _chosen(models)
    out = Path(out)
    with locked_folder(out), made_folder(out / "models"):
        data = load_dataset(dataset, data_dir=data_dir, take=take, take_test=take_test, say=callback.on_message)
        require_enough_rows(data, titles="simple-rnn-titles" in names)
        if epochs is None:
            epochs = _epochs(data, callback)
        words = FIRST_WORDS.get(data.name)
        read = {} if words is None else {"max_tokens": words}
        callback.on_message(_reads(data, words, epochs))

        trained: dict[str, TrainedModel] = {}
        for name in names:
            trained[name] = one = train_and_score(
                name, f"lesson/{name}" if name in MODELS else name, data, epochs=epochs, seed=seed, device=device,
                callback=callback, options=read if name in MODELS else {**read, "branch": False},
            )  # fmt: skip
            write_bundle(one.model.bundle, out / "models" / f"{name}.safetensors")
            callback.on_message(f"\n{one.preset}\n{one.model.summary()}\n{_spoken(one)}")
        callback.on_message("\nWhat the lesson asks: masks, pads, word order, vocabulary, bucketing.")
        result = _measure(trained, data, words, epochs=epochs, seed=seed, device=device, callback=callback)
        write_atomically(out / "lesson.json", json.dumps(result, indent=1, ensure_ascii=False).encode())
        with use_language(language):
            page = lesson_page(result)
        write_atomically(out / PAGE, page.encode())
        callback.on_message(
            f"\n{lesson_table(result)}\n\nThe page is {out / PAGE}, the models lie in {out / 'models'}."
        )
    return result


def _measure(
    trained: dict[str, TrainedModel], data: Dataset, words: int | None, *, epochs: int, seed: int, device: str,
    callback: LessonCallback,
) -> LessonResult:  # fmt: skip
    def again(title: str, name: str, options: dict[str, object]) -> TrainedModel:
        return train_and_score(
            title, f"lesson/{name}", data, epochs=epochs, seed=seed, device=device, callback=callback,
            options={"max_tokens": words, **options},
        )  # fmt: skip

    masking = pads = vocabulary = bucketing = None
    if "simple-rnn-masked" in trained:
        unmasked = again("simple-rnn without a mask", "simple-rnn-masked", {"masked": False})
        padded = {"SimpleRNN without a mask": unmasked}
        padded |= {one.short_name: one for one in trained.values() if not one.model.settings.masked}
        masking = masking_result(unmasked, trained["simple-rnn-masked"], padded, data)
    if "lstm" in trained:
        whole: dict[str, object] = {"max_tokens": None}
        with_pads = trained["lstm"] if words is None else again("lstm on whole texts", "lstm", whole)
        pads = pads_result(with_pads, again("lstm on whole texts, masked", "lstm", {**whole, "masked": True}), data)
    if "gru" in trained:
        full = again(
            "gru, vocabulary of the full text", "gru", {"vocabulary_from": "all", "vocabulary_documents": None}
        )
        vocabulary = vocabulary_result(trained["gru"], full, data)
    masked = [one for one in trained.values() if one.model.settings.masked]
    if masked:
        callback.on_message("Timing batches with and without bucketing …")
        bucketing = bucketing_result(
            masked[0], *measure_bucketing(masked[0], data.train, seed=seed, device=device), data
        )
    callback.on_message("Looking inside: a text word by word, and how far back the gradient reaches …")
    reading, gradients = (
        reading_result(list(trained.values()), data),
        gradient_flow_result(list(trained.values()), data, seed=seed),
    )
    callback.on_message("Training the linear model on TF-IDF …")
    return {
        "dataset": data.title,
        "dataset_note": data.reason,
        "train_rows": len(data.train),
        "test_rows": len(data.test),
        "train_phrase": phrase(len(data.train), data),
        "reads": _reads(data, words, epochs),
        "seed": seed,
        "models": [model_result(one, data) for one in trained.values()],
        "baseline": baseline_result(measure_baseline(data), data),
        "masking": masking,
        "pads": pads,
        "bucketing": bucketing,
        "shuffled": [shuffled_result(one, data, seed=seed) for one in trained.values()],
        "vocabulary": vocabulary,
        "reading": reading,
        "gradients": gradients,
    }


def _chosen(models: Sequence[str] | None) -> list[str]:
    names = [name.removeprefix("lesson/") for name in models or MODELS]
    known = (*MODELS, *MORE_MODELS)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise SettingsError(f"The lesson has no model {unknown[0]!r}", f"Its models are {', '.join(known)}.")
    return [name for name in known if name in names]


def _epochs(data: Dataset, callback: LessonCallback) -> int:
    epochs = min(MOST_EPOCHS, max(1, round(DOCUMENTS / len(data.train))))
    if epochs > 1:
        callback.on_message(
            f"{len(data.train):,} rows are few beside AG News: {epochs} epochs instead of the lesson's one, so that "
            "the networks see enough documents (--epochs changes it)."
        )
    return epochs


def _reads(data: Dataset, words: int | None, epochs: int) -> str:
    """What the networks read and how often, in a sentence."""
    titles = "titles" if data.train.has_titles else "the first 10 words"
    texts = "whole texts" if words is None else f"the first {words} words"
    return f"simple-rnn-titles reads {titles}, the other networks {texts}; {plural(epochs, 'epoch')}."


def _spoken(one: TrainedModel) -> str:
    low, high = one.test.intervals["accuracy"]
    return (
        f"{one.fitted.outcome.seconds:.1f} s of training, {one.docs_per_second:,.0f} documents a second, "
        f"test accuracy {one.test.accuracy:.2%} ({low:.2%} to {high:.2%})"
    )
