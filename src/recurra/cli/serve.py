"""``recurra serve``."""

from __future__ import annotations

import logging
import multiprocessing
import os
import shlex
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recurra.cli.data_argument import ReadOptions, read_data
from recurra.cli.options import (
    DataDir,
    Encoding,
    FormatName,
    Json,
    LabelColumn,
    Quiet,
    TextColumn,
    TitleColumn,
    whole_number,
)
from recurra.cli.output import Output, flush, folded
from recurra.errors import DataError, RecurraError, SettingsError

if TYPE_CHECKING:
    from recurra.data.table import Table
    from recurra.runtime import Model
    from recurra.serving import Access
    from recurra.serving.page import PageFile

__all__ = ["EXAMPLES", "rows_for_views", "serve"]

EXAMPLES = (
    "recurra serve runs/tickets/model.safetensors",
    "recurra serve lstm=a.safetensors gru=b.safetensors --data test.csv",
    "recurra serve tickets.safetensors --data rows.csv --decisions decided.csv",
    "recurra serve tickets.safetensors --host 0.0.0.0 --token-file token.txt",
    "recurra serve tickets.safetensors --workers 4 --watch",
)

LAST_PORT = 65_535


def serve(
    models: Annotated[
        list[str],
        typer.Argument(
            metavar="MODEL...",
            help="Model files, each PATH or NAME=PATH, or hf://owner/name; the first is the default.",
        ),
    ],
    data: Annotated[
        str | None,
        typer.Option(
            "--data", metavar="DATA", help="Labelled rows for the views of a whole file: a file or a named set."
        ),
    ] = None,
    decisions: Annotated[
        Path | None,
        typer.Option(
            "--decisions",
            metavar="FILE",
            help="With --data: .csv file in which the page keeps decisions about its rows, for train --exclude and "
            "--relabel.",
        ),
    ] = None,
    runs: Annotated[Path | None, typer.Option("--runs", metavar="DIR", help="Folder of training runs to show.")] = None,
    host: Annotated[
        str,
        typer.Option("--host", metavar="HOST", help="Address to listen on; any but this machine's own needs a token."),
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", parser=whole_number(0), metavar="PORT", help="Port; 0 picks a free one.")
    ] = 8000,
    token_file: Annotated[
        Path | None,
        typer.Option("--token-file", metavar="FILE", help="File with the token that every request must carry."),
    ] = None,
    workers: Annotated[
        int,
        typer.Option("--workers", parser=whole_number(1), metavar="N", help="Processes that answer; not with --data."),
    ] = 1,
    watch: Annotated[
        bool,
        typer.Option("--watch", help="Look every second whether a model file was replaced; SIGHUP reads them at once."),
    ] = False,
    text: TextColumn = None,
    title: TitleColumn = None,
    label: LabelColumn = None,
    encoding: Encoding = "utf-8",
    format_name: FormatName = None,
    data_dir: DataDir = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Serve models over HTTP: a web page, and an API for programs.

    /openapi.json describes the API. SIGTERM or Ctrl-C stops the service after accepted requests are answered; SIGHUP
    reads the model files again.
    """
    if port > LAST_PORT:
        raise SettingsError(f"--port is {port}", f"Give one from 0 to {LAST_PORT}.")
    if workers > 1:
        if multiprocessing.current_process().name != "MainProcess":
            # A worker first runs the program that started it, for what it registers.
            return
        if data is not None:
            raise SettingsError(
                f"--data is given with --workers {workers}, and each worker would compute the views of the file again",
                "Leave --workers out, or serve the views from a process of their own, at another --port.",
            )
    if decisions is not None and data is None:
        raise SettingsError(f"--decisions {decisions} is given without --data", "Name the rows that they are about.")
    if decisions is not None and decisions.suffix.lower() != ".csv":
        raise SettingsError(f"--decisions {str(decisions)!r:.200} ends in {decisions.suffix!r}", "End it in .csv.")
    output = Output(as_json=as_json, quiet=quiet)
    access = _access(host, token_file)
    from recurra.runtime import load
    from recurra.serving import Limits, create_app
    from recurra.serving.decisions import DecisionStore
    from recurra.serving.log import log_to_stderr
    from recurra.serving.model_registry import paths_by_name
    from recurra.serving.reload import ModelFiles, Reloader
    from recurra.serving.reload_counts import ReloadCounts
    from recurra.serving.runs import check_folder
    from recurra.serving.server import bound_socket
    from recurra.serving.server import serve as answer
    from recurra.serving.workers import WorkerSettings, serve_workers
    from recurra.tasks import SINGLE_LABEL, common_task

    paths = paths_by_name(models, quiet=quiet)
    files = ModelFiles(paths)
    loaded = {name: load(path) for name, path in paths.items()}
    if runs is not None:
        check_folder(runs)
    task = common_task(model.task for model in loaded.values()) or SINGLE_LABEL
    reading = ReadOptions(text, title, label, encoding, data_dir, format_name, task.label_cells)
    table = None
    if data is not None:
        table = rows_for_views(data, reading, loaded, output)
    limits = Limits()
    store = None if decisions is None or table is None else DecisionStore(decisions, table)
    guard = None
    reloads = ReloadCounts(paths)
    if workers == 1:
        guard = create_app(
            loaded,
            access=access,
            limits=limits,
            data=table,
            runs=runs,
            files=_page_files(),
            reloads=reloads,
            decisions=store,
        )
        # The memory of a model is free once it is replaced.
        loaded.clear()
    log_to_stderr(as_json=as_json)
    # Which model answers from now on.
    logging.getLogger("recurra.serving.reload").setLevel(logging.WARNING if quiet else logging.INFO)
    with bound_socket(host, port) as listener:
        address = _address(host, listener.getsockname()[1])

        def ready() -> None:
            output.detail(folded(f"models: {', '.join(paths)}"))
            if workers > 1:
                output.detail(f"workers: {workers}")
            if store is not None:
                output.detail(f"decisions: {len(store.made()):,} in {store.path}")
            output.detail(f"to ask: {_request(address, token_file)}")
            output.result(f"ready: {address}")
            document = {"address": address, "models": list(paths), "data": data, "token": token_file is not None}
            output.document({**document, "workers": workers})
            flush()

        if guard is None:
            settings = WorkerSettings(access, limits, runs, dict(_page_files()), as_json)
            finished = serve_workers(settings, loaded, files, listener, count=workers, watch=watch, ready=ready)
        else:
            reloader = Reloader(files, guard.models, watch=watch, read=load, count=reloads.add)
            finished = answer(guard, listener, limits=limits, reloader=reloader, ready=ready)
    if not finished:
        raise RecurraError(
            f"The service stopped before all that it had taken was answered (it waits {limits.stop_seconds:g} s)",
            "Ask again what was not answered.",
        )
    if guard is not None and guard.background():
        # A view that takes minutes cannot be stopped; at exit, Python would wait for it.
        flush()
        os._exit(0)


def rows_for_views(data: str, reading: ReadOptions, models: Mapping[str, Model], output: Output) -> Table:
    """The labelled rows for the views; if models learned from several columns of labels, that is said."""
    learned = {name: model.columns.label for name, model in models.items() if model.columns is not None}
    several = len({*learned.values()}) > 1 and reading.label is None
    whose = ", ".join(f"{name} learned from the column {label!r}" for name, label in learned.items() if label)
    try:
        table = read_data(data, reading.of_model(*models.values()), part="test", output=output)
    except DataError as error:
        if several and error.hint.startswith("Name it with --label"):
            raise DataError(f"{error.received}; {whose}", error.hint) from None
        raise
    if several and table.label_column is not None:
        output.note(f"{whose}: the views show labels of {table.label_column!r}; name another with --label.")
    return table


def _access(host: str, token_file: Path | None) -> Access:
    """Who may send requests."""
    from recurra.serving.access import LOCAL_NAMES, Access, is_loopback, read_token

    token = None if token_file is None else read_token(token_file)
    if is_loopback(host):
        return Access(token=token, hosts=(*LOCAL_NAMES, host))
    if token is None:
        raise SettingsError(
            f"--host {host!r:.80} lets other machines ask, and there is no token",
            "Give --token-file FILE, or leave --host out and let a proxy or ssh -L come to 127.0.0.1.",
        )
    return Access(token=token, hosts=None)


def _page_files() -> Mapping[str, PageFile]:
    """The files of the web page, if it is installed."""
    if find_spec("recurra.web") is None:
        return {}
    files: Mapping[str, PageFile] = import_module("recurra.web").FILES
    return files


def _address(host: str, port: int) -> str:
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def _request(address: str, token_file: Path | None) -> str:
    """A line for a shell on this machine that classifies a text."""
    # Nobody can ask at an address that stands for all addresses.
    for every, own in (("//0.0.0.0:", "//127.0.0.1:"), ("//[::]:", "//[::1]:")):
        address = address.replace(every, own)
    words = [f"{address}v1/classify", "-H", "content-type: application/json", "-d", '{"texts": ["Hello"]}']
    token = "" if token_file is None else f' -H "authorization: Bearer $(cat {shlex.quote(str(token_file))})"'
    # Without -g, curl takes the brackets of an address for a range.
    return f"curl {'-g ' if '[' in address else ''}{shlex.join(words)}{token}"
