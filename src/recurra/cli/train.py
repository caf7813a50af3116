"""``recurra train``."""

from __future__ import annotations

import sys
import time
import tomllib
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recurra.cli.data_argument import ReadOptions, read_rows, read_rows_beside
from recurra.cli.labelled_rows import warn_of_swapped_columns
from recurra.cli.options import (
    DataArgument,
    DataDir,
    DecisionsEncoding,
    Encoding,
    FormatName,
    Json,
    KeepExamples,
    LabelColumn,
    LabelSeparator,
    MultiLabel,
    Quiet,
    SingleLabel,
    SkipUnlabelled,
    TextColumn,
    TitleColumn,
    Validation,
    model_file,
    number_above,
    whole_number,
)
from recurra.cli.output import Output
from recurra.cli.progress import Bars
from recurra.cli.train_decisions import DecisionFiles, decided_rows
from recurra.cli.train_initial import check_label_column, initial_model, labels_of_model, warn_of_forgetting
from recurra.cli.train_output import draw_rate, model_in, report
from recurra.cli.validation_rows import check_validation, read_validation
from recurra.errors import SettingsError
from recurra.folders import locked_folder
from recurra.interrupt import exit_code
from recurra.training.distributed import prints
from recurra.training.run import prepare_folder
from recurra.training.trackers import check_trackers, trackers_of

if TYPE_CHECKING:
    from recurra.data.corpus import Corpus

__all__ = ["EXAMPLES", "settings_of", "train"]

EXAMPLES = (
    "recurra train tickets.csv --out runs/tickets",
    "recurra train until-june.csv --validation july.csv --out runs/tickets",
    "recurra train news.parquet --model lesson/bilstm --text body --out runs/news",
    "recurra train reviews.csv --vectors glove-6b-50d --out runs/reviews",
    "recurra train tickets.csv --set cell=gru --set hidden=128 --out runs/gru",
    "recurra train new.csv --from model.safetensors --replay old.csv --out runs/b",
    "recurra train tickets.csv --exclude decisions.csv --out runs/cleaned",
)


def train(
    data: DataArgument,
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            metavar="DIR",
            rich_help_panel="Output",
            help="Folder of the run; the model is DIR/model.safetensors.",
        ),
    ],
    validation: Validation = None,
    skip_unlabelled: SkipUnlabelled = False,
    model: Annotated[
        str,
        typer.Option(
            "--model",
            metavar="PRESET",
            rich_help_panel="Model",
            help="A preset such as lesson/gru, or your own .toml file; recurra info PRESET lists its settings.",
        ),
    ] = "default",
    start: Annotated[
        Path | None,
        typer.Option(
            "--from",
            parser=model_file,
            metavar="MODEL",
            rich_help_panel="Model",
            help="Warm start: keep this model's words and classes, and add new ones.",
        ),
    ] = None,
    replay: Annotated[
        str | None,
        typer.Option(
            metavar="OLD",
            rich_help_panel="Data",
            help="With --from: old training rows to mix in, as many as there are new ones.",
        ),
    ] = None,
    epochs: Annotated[
        int | None,
        typer.Option(parser=whole_number(1), metavar="N", rich_help_panel="Training", help="Maximum number of epochs."),
    ] = None,
    minutes: Annotated[
        float | None,
        typer.Option(
            parser=number_above(0),
            metavar="M",
            rich_help_panel="Run",
            help="Maximum minutes of the run, reading and writing included.",
        ),
    ] = None,
    batch_size: Annotated[
        int | None,
        typer.Option(
            parser=whole_number(1), metavar="N", rich_help_panel="Training", help="Number of documents in a batch."
        ),
    ] = None,
    learning_rate: Annotated[
        float | None,
        typer.Option(parser=number_above(0), metavar="RATE", rich_help_panel="Training", help="Learning rate."),
    ] = None,
    find_learning_rate: Annotated[
        bool,
        typer.Option(
            "--find-learning-rate",
            rich_help_panel="Training",
            help="Choose the learning rate by a range test first; its plot is saved in DIR.",
        ),
    ] = False,
    seed: Annotated[
        int | None,
        typer.Option(
            parser=whole_number(0), metavar="N", rich_help_panel="Training", help="Seed of every random choice."
        ),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            rich_help_panel="Model",
            help="Setting to change, such as hidden=128; repeatable; recurra info default lists them.",
        ),
    ] = None,
    vectors: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|NAME",
            rich_help_panel="Model",
            help="Pretrained word vectors: a file (.vec, fastText's .bin), or fetched: glove-6b-50d, en-300d.",
        ),
    ] = None,
    engine: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            rich_help_panel="Run",
            help="Engine of the recurrence: auto, triton, numba, torch or reference.",
        ),
    ] = "auto",
    device: Annotated[
        str, typer.Option(metavar="NAME", rich_help_panel="Run", help="Device: auto, cpu, cuda or mps.")
    ] = "auto",
    exclude: Annotated[
        Path | None,
        typer.Option(
            "--exclude", metavar="FILE", rich_help_panel="Data", help="File of decisions on rows of DATA to leave out."
        ),
    ] = None,
    relabel: Annotated[
        Path | None,
        typer.Option(
            "--relabel",
            metavar="FILE",
            rich_help_panel="Data",
            help="Decisions on labels of DATA to change, or new names.",
        ),
    ] = None,
    decisions_encoding: DecisionsEncoding = None,
    no_baseline: Annotated[
        bool,
        typer.Option(
            "--no-baseline",
            rich_help_panel="Training",
            help="Leave out the baselines: the most frequent class, a linear model.",
        ),
    ] = False,
    keep_examples: KeepExamples = 0,
    multi_label: MultiLabel = False,
    label_separator: LabelSeparator = None,
    single_label: SingleLabel = False,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume", rich_help_panel="Run", help="Resume from the checkpoint in DIR, or start if there is none."
        ),
    ] = False,
    tracker: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            rich_help_panel="Run",
            help="Track the run: tensorboard (curves in DIR/tensorboard) or mlflow; repeatable.",
        ),
    ] = None,
    checkpoint_every: Annotated[
        float,
        typer.Option(
            parser=number_above(0, included=True),
            metavar="SECONDS",
            rich_help_panel="Run",
            help="Time between checkpoints within an epoch.",
        ),
    ] = 60.0,
    text: TextColumn = None,
    title: TitleColumn = None,
    label: LabelColumn = None,
    encoding: Encoding = "utf-8",
    format_name: FormatName = None,
    data_dir: DataDir = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Train a classifier on a table of texts and labels."""
    from dataclasses import replace
    from functools import partial

    from recurra.data.model_columns import ModelColumns
    from recurra.presets import load_preset, recipe_of_model
    from recurra.tasks import MULTI_LABEL, SINGLE_LABEL
    from recurra.tasks.multi_label_detection import resolve_rows

    began = time.monotonic()
    first = prints()
    # Of several processes the first one prints and writes.
    output = Output(as_json=as_json and first, quiet=quiet or not first)
    named = {"epochs": epochs, "batch_size": batch_size, "learning_rate": learning_rate, "seed": seed}
    given = {name: value for name, value in named.items() if value is not None}
    options = {**settings_of(settings or ()), **given}
    if find_learning_rate and "learning_rate" in options:
        raise SettingsError("A learning rate is given with --find-learning-rate", "Leave one of them out.")
    if validation is not None:
        from recurra.data.split import check_one_split

        check_one_split(options)
        check_validation(validation, data)
    check_trackers(tracker or ())
    trackers = trackers_of(tracker or (), out, say=output.note) if first else []
    initial = initial_model(start, model, replay)
    recipe = (load_preset(model) if initial is None else recipe_of_model(initial)).with_options(options)
    if initial is not None and not single_label:
        multi_label, label_separator = labels_of_model(initial, multi_label, label_separator, output)
    task = MULTI_LABEL if multi_label or label_separator is not None else SINGLE_LABEL
    reading = ReadOptions(text, title, label, encoding, data_dir, format_name, task.label_cells)
    reading = reading.skipping_unlabelled(skip_unlabelled)._replace(reads_texts=recipe.text.field != "title")
    if initial is not None:
        learned = ModelColumns.from_record(initial.record)
        reading = reading._replace(model=learned, check_columns=partial(check_label_column, learned))
    ask = partial(resolve_rows, multi_label=False, single_label=False, separator=None, say=output.note)
    with locked_folder(out) if first else nullcontext(), Bars(output) as bars:
        if first:
            prepare_folder(out, resume=resume)
        read = read_rows(data, reading._replace(question=None if single_label else ask), output=output, bars=bars)
        held_reading = reading
        named_columns = getattr(read, "named_columns", None)
        columns = getattr(read, "columns", None)
        if columns is not None:
            # Those that were guessed; a named set has none.
            held_reading = reading._replace(text=columns.text, title=columns.title, label=columns.label)
        rows, cleaning = decided_rows(
            read,
            DecisionFiles(exclude, relabel, encoding if decisions_encoding is None else decisions_encoding, replay),
            multi_label=multi_label,
            separator=label_separator,
            output=output,
        )
        rows = _labelled(rows, skip_unlabelled, output)
        replayed = 0
        if replay is not None:
            from recurra.data.known_rows import CORRECTED, is_before_decisions
            from recurra.data.replay import with_replay

            replay_rows = read_rows_beside(replay, "--replay", reading, output=output, bars=bars)
            old = _labelled(replay_rows, skip_unlabelled, output)
            if initial is not None and is_before_decisions(initial.record, old):
                output.warn(
                    f"The model to continue from learned from {old.source} after decisions about its rows. Here it is "
                    f"replayed without them, with the old labels: {CORRECTED}; replay that."
                )
            rows = with_replay(rows, old, seed=recipe.training.seed, say=output.note)
            replayed = len(rows.second)
            if validation is None and recipe.training.validation:
                output.note(
                    f"Rows of {old.source} are held out as well: if the model learned from them, scores on the rows "
                    "held out are too high. Give rows of their own with --validation."
                )
        rows, separator = resolve_rows(
            rows, multi_label=multi_label, single_label=single_label, separator=label_separator, say=output.note
        )
        warn_of_swapped_columns(rows, columns, output)
        if initial is not None:
            warn_of_forgetting(initial, rows, output, replay=replay is not None)
        held = None
        if validation is not None:
            held = read_validation(validation, held_reading, rows, separator=separator, output=output, bars=bars)

        from recurra.runtime import Model
        from recurra.training.fit import Provenance, RunOptions, fit

        fitted = fit(
            rows,
            recipe=replace(recipe, vectors=vectors),
            initial=initial,
            validation_data=held,
            run=RunOptions(
                folder=out if first else None,
                resume=resume and first,
                checkpoint_seconds=checkpoint_every,
                engine=engine,
                device=device,
                find_learning_rate=find_learning_rate,
                minutes=minutes,
                began=began,
                baseline=not no_baseline,
                keep_examples=keep_examples,
            ),
            provenance=Provenance(
                cleaning=cleaning, label_separator=separator, columns=named_columns, replayed=replayed
            ),
            callbacks=[
                bars.training(
                    score=task.wording.right,
                    at_most=bool((held or recipe.training.validation) and recipe.training.patience)
                    or minutes is not None,
                    deadline=None if minutes is None else began + 60 * minutes,
                ),
                *trackers,
            ],
        )
        if find_learning_rate and first:
            draw_rate(out, data, output)
    if first:
        if quiet:
            # Otherwise it was said when it was found.
            for said in filter(None, (fitted.left_out, fitted.copies, fitted.remembered)):
                output.caution(said)
        report(fitted, Model(fitted.bundle), out, output)
    if fitted.outcome.interrupted and first:
        kept = f"the best so far, of epoch {best}" if (best := fitted.outcome.best_epoch) else "what was learned so far"
        print(
            f"recurra: interrupted after {fitted.outcome.steps:,} steps. {model_in(out)} holds {kept}; "
            "--resume goes on.",
            file=sys.stderr,
        )
    if fitted.outcome.interrupted:
        raise typer.Exit(exit_code())


def settings_of(words: Sequence[str]) -> dict[str, Any]:
    """Settings from ``name=value``; a value is TOML, or else a plain word as in ``cell=gru``.

    Raises:
        SettingsError: a word without a name or a value.
    """
    settings = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name.strip() or not value.strip():
            raise SettingsError(f"--set was given {word!r:.80}", "Write NAME=VALUE, such as --set hidden=128.")
        try:
            parsed = tomllib.loads(f"value = {value}")
        except tomllib.TOMLDecodeError:
            parsed = {}
        settings[name.strip().replace("-", "_")] = parsed["value"] if parsed.keys() == {"value"} else value.strip()
    return settings


def _labelled(rows: Corpus, skip: bool, output: Output) -> Corpus:
    """The rows that have a label, if others are to be skipped."""
    if not skip:
        return rows
    from recurra.data.unlabelled import skip_unlabelled

    return skip_unlabelled(rows, output.note)
