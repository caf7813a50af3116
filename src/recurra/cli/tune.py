"""``recurra tune``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recurra.cli.data_argument import ReadOptions, is_file, read_data
from recurra.cli.next_command import command_line, options_again, reading_again
from recurra.cli.options import (
    DataArgument,
    DataDir,
    Encoding,
    FormatName,
    Json,
    LabelColumn,
    Quiet,
    SingleLabel,
    SkipUnlabelled,
    TextColumn,
    TitleColumn,
    Validation,
    number_above,
    whole_number,
)
from recurra.cli.output import Output, aligned, cut
from recurra.cli.progress import Bars
from recurra.cli.train import settings_of
from recurra.cli.validation_rows import check_validation, read_validation
from recurra.folders import locked_folder
from recurra.interrupt import exit_code

if TYPE_CHECKING:
    from recurra.tuning.results import StudyResult, TrialResult

__all__ = ["EXAMPLES", "tune"]

EXAMPLES = (
    "recurra tune tickets.csv --minutes 10 --out runs/tuned",
    "recurra tune tickets.csv --max-size 800kB --int8 --out runs/small",
    "recurra tune until-june.csv --validation july.csv --out runs/tuned",
    "recurra tune tickets.csv --trials 40 --out runs/tuned --resume",
    "recurra tune tickets.csv --study t --storage sqlite:///t.db --out runs/a",
)
# Number of trials in the table of the best.
SHOWN = 5
MINUTES = 10.0


def tune(
    data: DataArgument,
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            metavar="DIR",
            rich_help_panel="Output",
            help="Folder of the study; it always holds the best model so far.",
        ),
    ],
    validation: Validation = None,
    skip_unlabelled: SkipUnlabelled = False,
    minutes: Annotated[
        float | None,
        typer.Option(
            parser=number_above(0),
            metavar="M",
            rich_help_panel="Run",
            help="Maximum minutes; 10 unless --trials is given.",
        ),
    ] = None,
    trials: Annotated[
        int | None,
        typer.Option(
            parser=whole_number(1),
            metavar="N",
            rich_help_panel="Training",
            help="Maximum number of trials, including those of a resumed study.",
        ),
    ] = None,
    max_size: Annotated[
        str | None,
        typer.Option(
            "--max-size",
            metavar="SIZE",
            rich_help_panel="Model",
            help="Maximum size of a model file, such as 800kB or 5MB.",
        ),
    ] = None,
    int8: Annotated[
        bool, typer.Option("--int8", rich_help_panel="Model", help="Store the large weights of every model as int8.")
    ] = False,
    model: Annotated[
        str,
        typer.Option(
            "--model",
            metavar="PRESET",
            rich_help_panel="Model",
            help="Preset, or your own .toml file; it is the first trial.",
        ),
    ] = "default",
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="NAME=VALUE", rich_help_panel="Model", help="Setting of the preset to change; repeatable."
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            parser=whole_number(0),
            metavar="N",
            rich_help_panel="Training",
            help="Seed of the split and every random choice.",
        ),
    ] = None,
    storage: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            rich_help_panel="Run",
            help="Storage of the trials: sqlite:///FILE, postgresql://…, or a path ending in .log.",
        ),
    ] = None,
    study: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            rich_help_panel="Run",
            help="Begin or join the study NAME in --storage; --trials counts those of all processes.",
        ),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option("--resume", rich_help_panel="Run", help="Resume the study in DIR, or start if there is none."),
    ] = False,
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
    single_label: SingleLabel = False,
    text: TextColumn = None,
    title: TitleColumn = None,
    label: LabelColumn = None,
    encoding: Encoding = "utf-8",
    format_name: FormatName = None,
    data_dir: DataDir = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Search for good settings, one label a row; keep the best model."""
    from recurra.file_size.estimate import bytes_of
    from recurra.presets import load_preset
    from recurra.tasks.multi_label_detection import check_single_labels

    output = Output(as_json=as_json, quiet=quiet)
    given = {"seed": seed} if seed is not None else {}
    options = {**settings_of(settings or ()), **given}
    if validation is not None:
        from recurra.data.split import check_one_split

        check_one_split(options)
        check_validation(validation, data)
    recipe = load_preset(model).with_options(options)
    bound = bytes_of(max_size) if max_size is not None else None

    from recurra.cli.tune_progress import StudyProgress
    from recurra.tuning.limits import StudyLimits
    from recurra.tuning.shared import SharedStudy
    from recurra.tuning.trial_models import BEST
    from recurra.tuning.tuner import Tuner, check_study_folder

    limits = StudyLimits(
        minutes=MINUTES if minutes is None and trials is None else minutes, trials=trials, max_size=bound, int8=int8
    )
    reading = ReadOptions(text, title, label, encoding, data_dir, format_name).skipping_unlabelled(skip_unlabelled)
    given_reading = reading
    shared = None if study is None else SharedStudy(name=study)
    with locked_folder(out):
        check_study_folder(out, resume=resume)
        asking = reading._replace(question=None if single_label else check_single_labels)
        table, held = read_data(data, asking, part="train", output=output), None
        if validation is not None:
            if is_file(data):
                reading = reading._replace(text=table.text_column, title=table.title_column, label=table.label_column)
            with Bars(output) as bars:
                held = read_validation(validation, reading, table.corpus, separator=None, output=output, bars=bars)
        with StudyProgress(output, minutes=limits.minutes, trials=trials) as lines:
            tuner = Tuner(
                table.corpus,
                recipe=recipe,
                folder=out,
                limits=limits,
                storage=storage,
                resume=resume,
                shared=shared,
                engine=engine,
                device=device,
                callback=lines,
                validation_data=held,
                columns=table.named_columns if is_file(data) else None,
                single_label=single_label,
            )
            tuned = tuner.run()
    _report(tuned, data, out, output)
    if tuned.interrupted:
        kept = f"{_model_of(tuned, out)} holds the best so far" if tuned.best else "nothing was learned yet"
        print(f"recurra: interrupted. {kept}; --resume goes on.", file=sys.stderr)
        raise typer.Exit(exit_code())
    again = options_again(single_label=single_label, model=out / BEST, validation=validation, out=out.parent / "final")
    command = command_line("train", data, *reading_again(given_reading), *again)
    output.detail(f"To learn from all rows with these settings: {command}")


def _report(tuned: StudyResult, data: str, out: Path, output: Output) -> None:
    best, trials = tuned.best, tuned.trials
    first = next((one for one in trials if one.number == 0), None)
    output.result(_counts(trials, tuned.seconds))
    if best is not None:
        output.result(_table(trials))
        learned, held, aside = tuned.rows
        output.detail(
            f"learned from {learned:,} rows, chosen by the log loss on {held:,}; the best of {_scored(trials)} scores "
            f"flatters, so the {aside:,} rows set aside, which chose nothing, say more:"
        )
        ends = [("first and best", best)] if best == first else [("first", first), ("best", best)]
        for name, one in ends:
            if one is not None and one.validation and one.aside:
                output.result(
                    f"{name}, trial {one.number}: accuracy {one.validation['accuracy']:.4f}, "
                    f"set aside {one.aside['accuracy']:.4f}; log loss {one.validation['log_loss']:.4f}, "
                    f"set aside {one.aside['log_loss']:.4f}"
                )
        if tuned.importances:
            main = [f"{name} {share:.0%}" for name, share in list(tuned.importances.items())[:4]]
            output.detail(f"what the loss depends on: {', '.join(main)}")
        if tuned.elsewhere:
            output.note(f"The best model, of trial {best.number}, is in the folder of another process of the study.")
        output.result(f"model: {_model_of(tuned, out)}")
    output.document(
        {
            "model": _model_of(tuned, out) if best else None,
            "best": best.to_dict() if best else None,
            "first": first.to_dict() if first else None,
            "rows": dict(zip(("learned", "held_out", "set_aside"), tuned.rows, strict=True)),
            "counts": _count_of(trials),
            "importances": tuned.importances,
            "seconds": tuned.seconds,
            "interrupted": tuned.interrupted,
            "trials": [one.to_dict() for one in trials],
            "notes": output.notes,
        }
    )


def _count_of(trials: list[TrialResult]) -> dict[str, int]:
    states = [one.state for one in trials]
    return {state: states.count(state) for state in dict.fromkeys(states)}


def _counts(trials: list[TrialResult], seconds: float) -> str:
    said = ", ".join(f"{count} {state}" for state, count in _count_of(trials).items())
    return f"{len(trials)} trial{'' if len(trials) == 1 else 's'} ({said}) in {seconds:.0f} s"


def _scored(trials: list[TrialResult]) -> int:
    return sum(one.validation is not None for one in trials)


def _table(trials: list[TrialResult]) -> str:
    """The best trials; settings in which none of them differs are left out."""
    from recurra.file_size.estimate import shown_bytes

    best = sorted((one for one in trials if one.validation), key=lambda one: (one.log_loss, one.number))[:SHOWN]
    names = [name for name in best[0].settings if len({str(one.settings.get(name)) for one in best}) > 1]
    rows: list[list[str]] = [["trial", "log loss", "accuracy", "size", *names]]
    for one in best:
        scores: dict[str, Any] = one.validation or {}
        rows.append(
            [
                str(one.number),
                f"{scores['log_loss']:.4f}",
                f"{scores['accuracy']:.4f}",
                shown_bytes(one.size or 0),
                *(cut(str(one.settings.get(name, "")), 20) for name in names),
            ]
        )
    return aligned(rows, right=(0, 1, 2, 3))


def _model_of(tuned: StudyResult, folder: Path) -> str:
    """Where the best model is: in the folder, or HOST:FOLDER of another process."""
    from recurra.training.run import MODEL

    return str(Path(tuned.elsewhere or folder) / MODEL)
