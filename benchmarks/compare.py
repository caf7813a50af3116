"""One comparison: training, predicting or latency beside peers, or recurrent layers alone beside torch's kernels.

    python benchmarks/compare.py train --model lesson/bilstm --peers-python .venv-peers/bin/python

The commands are train, predict, latency and recurrence; each has its --help.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer
from harness.jobs import read_rows
from harness.participants import chosen_peers
from harness.run import run_bench

from recurra.atomic import write_atomically
from recurra.cli.failures import Failure, failure_of, interrupted
from recurra.cli.options import DataDir, Json, Quiet, examples, whole_number
from recurra.cli.output import Output, aligned, plain
from recurra.cli.train import settings_of
from recurra.errors import SettingsError
from recurra.presets import load_preset

Data: TypeAlias = Annotated[str, typer.Argument(help="A .csv, .tsv or .parquet file, or the name of a set.")]
Model: TypeAlias = Annotated[
    str, typer.Option("--model", metavar="PRESET", help="A preset such as lesson/bilstm, or your own .toml file.")
]
Settings: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Any setting of a preset, such as hidden=64; repeatable."),
]
Peers: TypeAlias = Annotated[
    str | None, typer.Option("--peers", metavar="A,B", help="Some of the peers named above; all without it.")
]
Python: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--peers-python",
        metavar="PATH",
        help="The interpreter that has the peers ('make peers' builds .venv-peers); this one without it.",
    ),
]
Rounds: TypeAlias = Annotated[
    int, typer.Option(parser=whole_number(1), metavar="N", help="Turns of each; figures are medians over them.")
]
Take: TypeAlias = Annotated[
    int | None,
    typer.Option(parser=whole_number(1), metavar="N", help="Documents that are timed; enough without it."),
]
Out: TypeAlias = Annotated[
    Path | None, typer.Option("--out", metavar="FILE", help="Write the document of --json there, too.")
]

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    help="Measure speed beside others.\n\nThe same rows and hyperparameters, in turn, each in a process of its own.",
)


# The help lists them from the function upwards.
@app.command(
    "latency",
    help="Time one document at a time, against the peers of predict.\n\n"
    "Medians in microseconds. Recurra, fastText and the linear model get strings; the others get ready ids, and so "
    "need not cut words.",
    epilog=examples(
        "python benchmarks/compare.py latency", "python benchmarks/compare.py latency --peers linear,torch --rounds 9"
    ),
)
@app.command(
    "predict",
    help="Time predicting against peers.\n\n"
    "They are keras, torch, onnxruntime, fasttext and linear (TF-IDF and LinearSVC). "
    "keras gets documents sorted by length in the batch size that is fastest, keras-plain as they come, 32 at a time. "
    "Recurra, fastText and the linear model get strings; the others get ready ids, and so need not cut words.",
    epilog=examples(
        "python benchmarks/compare.py predict --model lesson/bilstm",
        "python benchmarks/compare.py predict --set hidden=64 --set masked=true --peers-python .venv-peers/bin/python",
    ),
)
@app.command(
    "train",
    help="Time training against peers.\n\n"
    "keras is its fit, keras-steps its train_on_batch, torch is padded and bucketed, packed is torch on "
    "PackedSequence, and peak is the speed at which the machine could do the step's products.",
    epilog=examples(
        "python benchmarks/compare.py train --model lesson/bilstm",
        "python benchmarks/compare.py train --model lesson/bilstm --set batch_size=128 --peers torch,packed,peak",
        "python benchmarks/compare.py train --peers keras --peers-python .venv-peers/bin/python --json",
    ),
)
def beside_peers(
    context: typer.Context,
    data: Data = "agnews",
    model: Model = "lesson/lstm",
    settings: Settings = None,
    peers: Peers = None,
    peers_python: Python = None,
    rounds: Rounds = 5,
    take: Take = None,
    out: Out = None,
    data_dir: DataDir = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Times what the command is called, in turn with the peers."""
    task, output = str(context.info_name), Output(as_json=as_json, quiet=quiet)
    names = None if peers is None else [name.strip() for name in peers.split(",") if name.strip()]
    taking_part = chosen_peers(names, task)
    result = run_bench(
        task,
        load_preset(model).with_options(settings_of(settings or ())),
        read_rows(data, data_dir=data_dir, say=output.detail),
        taking_part,
        python=peers_python or sys.executable,
        rounds=rounds,
        take=take,
        say=output.detail,
    )
    if out is not None:
        write_atomically(out, json.dumps(result, indent=1, ensure_ascii=False).encode())
    _show(result, rounds, output)
    output.document(result)


@app.command(
    epilog=examples(
        "python benchmarks/compare.py recurrence --device cuda",
        "python benchmarks/compare.py recurrence --device cpu --cells lstm --hidden 64 --steps 44 --repeats 10",
    )
)
def recurrence(
    device: Annotated[
        str, typer.Option(metavar="NAME", help="cuda, or cpu for Numba's kernels beside torch's.")
    ] = "cuda",
    cells: Annotated[
        str, typer.Option(metavar="A,B", help="Some of simple_rnn, gru and lstm.")
    ] = "simple_rnn,gru,lstm",
    hidden: Annotated[str, typer.Option(metavar="N,N", help="Widths.")] = "64,128,256",
    steps: Annotated[str, typer.Option(metavar="N,N", help="Words of the longest document.")] = "44,200",
    batch: Annotated[int, typer.Option(parser=whole_number(1), metavar="N", help="Documents.")] = 512,
    repeats: Annotated[int, typer.Option(parser=whole_number(1), metavar="N", help="Timed calls of each way.")] = 30,
    out: Out = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Time recurrent layers alone against torch's kernels.

    With every gradient, and how far the floor is. Two directions, 128 inputs, documents of half the steps up to all. A
    peer takes part padded and as a PackedSequence, in its fastest precision and in float32.
    """
    from harness.recurrence.run import run_recurrence
    from harness.recurrence.shapes import shapes_of

    output = Output(as_json=as_json, quiet=quiet)
    names = [name.strip() for name in cells.split(",") if name.strip()]
    shapes = shapes_of(names, _numbers("hidden", hidden), _numbers("steps", steps), batch=batch)
    result = run_recurrence(shapes, device=device, repeats=repeats, say=output.detail)
    if out is not None:
        write_atomically(out, json.dumps(result, indent=1, ensure_ascii=False).encode())
    rows = [("layer", "recurra, µs", "peer's, µs", "times as fast", "of the floor", "way", "peer", "launch")]
    for row in result["rows"]:
        share = f"{row['roofline']['share']:.0%}" if "roofline" in row else ""
        figures = (f"{row['ours']:,.0f}", f"{row['peer']:,.0f}", f"{row['ratio']:.2f}", share)
        rows.append((row["what"], *figures, row["our_way"], row["peer_name"], row["launch"]))
    output.result(aligned(rows, right=(1, 2, 3, 4)))
    output.document(result)


def _numbers(name: str, text: str) -> list[int]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts or not all(part.isdecimal() and int(part) > 0 for part in parts):
        raise SettingsError(f"{name} is {text!r:.80}", f"Give whole numbers from 1 on, such as --{name} 64,128.")
    return [int(part) for part in parts]


def _show(result: dict[str, Any], rounds: int, output: Output) -> None:
    rows = [("peer", "recurra", "peer's", "unit", "times as fast", "lowest–highest")]
    for row in result["rows"]:
        times = (f"{row['ratio']:.2f}", f"{row['ratio_low']:.2f}–{row['ratio_high']:.2f}")
        rows.append((row["peer_name"], f"{row['ours']:,.0f}", f"{row['peer']:,.0f}", row["unit"], *times))
    output.result(f"\n{result['rows'][0]['what']}; {result['data']}; {rounds} rounds")
    output.result(aligned(rows, right=(1, 2, 4, 5)))
    for one in result["left_out"]:
        output.result(f"left out: {one['reason']}")


def main(args: Sequence[str] | None = None) -> int:
    """Runs one command, and gives the exit code.

    A mistake of the user's is one line on standard error, as in ``recurra``.

    Args:
        args: the words after the script; those of this process if not given.
    """
    failure: Failure | None
    command = typer.main.get_command(app)
    try:
        with command.make_context("benchmarks/compare.py", sys.argv[1:] if args is None else list(args)) as context:
            command.invoke(context)
    except typer.Exit as end:
        return end.exit_code
    except KeyboardInterrupt:
        failure = interrupted()
    except Exception as error:
        failure = failure_of(error)
        if failure is None:
            raise
    else:
        return 0
    print(f"compare.py: {plain(failure.line)}", file=sys.stderr)
    return failure.code


if __name__ == "__main__":
    sys.exit(main())
