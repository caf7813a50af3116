"""The extras of pyproject.toml, and how each is seen to work once it is installed alone.

An extra that has no check here is an error, so that a new one cannot be forgotten.
"""

from __future__ import annotations

import re
import tomllib
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

from distribution.environments import CheckError, Environment
from distribution.service import check_service

__all__ = [
    "CHECKS",
    "MADE_BY_MAKE",
    "check_base",
    "checked_extras",
    "lower_bounds",
    "prepare",
    "read_project",
    "read_readme",
]

ROOT = Path(__file__).resolve().parents[2]
MODELS = ROOT / "tests" / "fixtures" / "models"
MODEL, BRANCHED = MODELS / "lstm.safetensors", MODELS / "linear-branch.safetensors"

MADE_BY_MAKE = {"all": "make lesson", "dev": "make test"}
"""Extras that are not installed here since others do it each day."""


def checked_extras(project: Mapping[str, object]) -> list[str]:
    """The extras to install, in the order of pyproject.toml.

    Raises:
        CheckError: one has no check, or a check has no extra.
    """
    extras = project["optional-dependencies"]
    assert isinstance(extras, dict)  # noqa: S101
    if missing := set(extras) - set(CHECKS) - set(MADE_BY_MAKE):
        raise CheckError(f"the extras {sorted(missing)} have no check in release/distribution/extras.py")
    if gone := (set(CHECKS) | set(MADE_BY_MAKE)) - set(extras):
        raise CheckError(f"release/distribution/extras.py checks {sorted(gone)}, which are no extras")
    return [extra for extra in extras if extra in CHECKS]


def lower_bounds(project: Mapping[str, object], *, without: frozenset[str] = frozenset()) -> list[str]:
    """``name==version`` for each requirement of base and extras with its lower bound; of a name the highest.

    Args:
        project: ``[project]`` of pyproject.toml.
        without: extras that are left out.
    """
    extras = project["optional-dependencies"]
    assert isinstance(extras, dict)  # noqa: S101
    wanted = [*project["dependencies"], *(one for extra in extras if extra not in without for one in extras[extra])]  # type: ignore[misc]
    lowest: dict[str, str] = {}
    for one in wanted:
        if one.startswith("recurra["):
            continue
        found = re.match(r"([A-Za-z0-9_.-]+)(?:\[.*\])?>=([0-9.]+)", one)
        if not found:
            raise CheckError(f"the requirement {one!r} has no lower bound")
        name, version = found.groups()
        if name not in lowest or _numbers(version) > _numbers(lowest[name]):
            lowest[name] = version
    return [f"{name}=={version}" for name, version in lowest.items()]


def _numbers(version: str) -> list[int]:
    return list(map(int, version.split(".")))


def read_project() -> dict[str, object]:
    """``[project]`` of pyproject.toml."""
    return dict(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"])


def read_readme() -> str:
    """The Python of README.md."""
    blocks = re.findall(r"^```python\n(.*?)^```", (ROOT / "README.md").read_text("utf-8"), re.S | re.M)
    if len(blocks) != 1:
        raise CheckError(f"README.md has {len(blocks)} blocks of Python")
    return str(blocks[0])


def prepare(environment: Environment) -> None:
    """Rows for the commands."""
    kinds = (("money", "oil price up"), ("sport", "goal in the match"))
    rows = [f"{label},{text} {number}" for number in range(40) for label, text in kinds]
    (environment.work / "rows.csv").write_text("\n".join(["label,text", *rows, ""]), encoding="utf-8")


def check_base(environment: Environment) -> None:
    """What every installation does."""
    version = environment.recurra("--version")
    if environment.installed()["recurra"] not in version:
        raise CheckError(f"recurra --version says {version!r}")
    for arguments in (["--help"], ["train", "--help"], ["info", "default"]):
        if "recurra" not in environment.recurra(*arguments):
            raise CheckError(f"recurra {' '.join(arguments)} says little")
    _expect(environment.recurra("predict", MODEL, "oil price"), "money")
    environment.recurra("inspect", BRANCHED, "oil price", "--gates", "--attribution")
    environment.recurra("score", MODEL, "rows.csv", "--text", "text", "--out", "scored.csv")
    _expect(environment.recurra("evaluate", MODEL, "rows.csv", "--label", "label", "--text", "text"), "accuracy")
    program = f"import recurra; model = recurra.load({str(BRANCHED)!r}); print(model.predict(['oil price up'])[0])"
    _expect(environment.run("-c", program), "money")


def _expect(said: str, word: str) -> None:
    if word not in said:
        raise CheckError(f"{word!r} is not in what was printed: {said[:200]!r}")


def _hub(environment: Environment) -> None:
    environment.run("-c", "import huggingface_hub; from recurra.hub.client import load_client; load_client()")
    environment.recurra("push", "--help")


def _data(environment: Environment) -> None:
    environment.run("-c", "import pyarrow, huggingface_hub")
    _expect(environment.recurra("check", "rows.csv", "--json"), '"rows": 80')
    environment.run("-c", "import recurra; recurra.read_table('rows.csv')")


def _excel(environment: Environment) -> None:
    write = "import openpyxl; book = openpyxl.Workbook(); sheet = book.active; "
    write += "sheet.append(['text']); sheet.append(['oil price']); book.save('rows.xlsx')"
    environment.run("-c", write)
    environment.recurra("score", MODEL, "rows.xlsx", "--out", "scored.csv")


def _onnx(environment: Environment) -> None:
    environment.run("-c", "import onnx, onnxruntime")
    environment.recurra("export", MODEL, "--onnx", "--out", "model.onnx")
    _expect(environment.run("model_onnx.py", "model.onnx", "oil price"), "money")


def _keras_import(environment: Environment) -> None:
    with zipfile.ZipFile(ROOT / "tests" / "fixtures" / "keras_import" / "keras3_models.zip") as archive:
        archive.extract("gru_masked.keras", environment.work)
    environment.recurra("import", "gru_masked.keras", "--out", "imported.safetensors")
    _expect(environment.recurra("predict", "imported.safetensors", "a text"), "a text")


def _train(environment: Environment) -> None:
    environment.run("-c", "import torch, sklearn")
    _expect(environment.run("-c", read_readme()), "['billing' 'bug']")
    environment.recurra("train", "rows.csv", "--model", "small", "--set", "epochs=1", "--out", "run")
    _expect(environment.recurra("predict", "run/model.safetensors", "oil price"), "money")


def _report(environment: Environment) -> None:
    environment.run("-c", "import jinja2, matplotlib")
    environment.recurra("inspect", MODEL, "oil price", "--gates", "--html", "why.html")
    _expect((environment.work / "why.html").read_text("utf-8"), "oil")


def _serve(environment: Environment) -> None:
    check_service(environment, [environment.folder / "bin" / "recurra", "serve"], MODEL)


def _web(environment: Environment) -> None:
    check_service(
        environment,
        [environment.folder / "bin" / "recurra", "serve"],
        MODEL,
        page="/static/js/charts/chart.js",
    )


def _tune(environment: Environment) -> None:
    environment.run("-c", "import optuna, torch")
    environment.recurra("tune", "rows.csv", "--trials", "1", "--model", "small", "--out", "tuned")


def _mlflow(environment: Environment) -> None:
    program = f"import recurra.mlflow; recurra.mlflow.save_model({str(MODEL)!r}, 'saved'); "
    program += "print(recurra.mlflow.load_pyfunc().load_model('saved').predict(['oil price up'])['label'][0])"
    _expect(environment.run("-c", program), "money")


def _words(module: str, tokenizer: str, text: str) -> Callable[[Environment], None]:
    program = f"import {module}; from recurra.text.segmenters import tokeniser; "
    program += f"print(tokeniser({tokenizer!r})({text!r}))"
    return lambda environment: _expect(environment.run("-c", program), "', '")


def _ray(environment: Environment) -> None:
    write = "import pyarrow as pa, pyarrow.parquet as parquet; "
    write += "parquet.write_table(pa.table({'text': ['oil price', 'goal']}), 'rows.parquet')"
    environment.run("-c", write)
    scored = environment.recurra(
        "score", MODEL, "rows.parquet", "--text", "text", "--ray", "--workers", "1", "--out", "answers"
    )
    _expect(scored, "2 answers in 1 files of answers")


def _spark(environment: Environment) -> None:
    # Without Java, which no extra brings.
    program = "import pandas, pyarrow, recurra; from recurra.spark import answer_type, predict_udf; "
    program += f"print(answer_type(recurra.load({str(MODEL)!r})).simpleString())"
    _expect(environment.run("-c", program), "struct<label:string,probability:float>")


def _docs(environment: Environment) -> None:
    _expect(environment.run("-m", "mkdocs", "--version"), "mkdocs")
    environment.run("-c", "import mkdocstrings_handlers.python")


CHECKS: dict[str, Callable[[Environment], None]] = {
    "data": _data,
    "hub": _hub,
    "excel": _excel,
    "keras-import": _keras_import,
    "onnx": _onnx,
    "train": _train,
    "report": _report,
    "serve": _serve,
    "chinese": _words("rjieba", "jieba", "我来到北京清华大学"),
    "japanese": _words("sudachipy", "sudachi", "東京都に住んでいます"),
    "thai": _words("pythainlp", "newmm", "ผมรักประเทศไทย"),
    "tune": _tune,
    "mlflow": _mlflow,
    "web": _web,
    "ray": _ray,
    "spark": _spark,
    "docs": _docs,
}
