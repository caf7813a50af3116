"""A file in UTF-8 with lines in another encoding: each line is read as what it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from planted import checked, clean_rows

from recurra.checking.check import open_source
from recurra.checking.encodings import scan_bytes
from recurra.checking.fix import fix
from recurra.checking.label_names import LabelNames
from recurra.data.content import FileContent
from recurra.data.mixed_encodings import MixedUtf8, mixed_utf8
from recurra.data.read import read_table
from recurra.data.sources import open_blocks
from recurra.errors import DataError

RUSSIAN = "Не работает сеть, помогите. Команда выиграла матч"
JAPANESE = "石油の価格がまた上がりました"


def _seen(lines: list[bytes]) -> MixedUtf8:
    found = mixed_utf8(lines)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("most", "some", "encoding"),
    [
        ("Le réseau déjà coupé, 20 €, l’été", "Café fermé, 5 €, l’après-midi", "windows-1252"),
        ("Zażółć gęślą jaźń, proszę", "Sieć nie działa, proszę o pomoc", "windows-1250"),
        ("Большая беда, кот не ест", RUSSIAN, "windows-1251"),
        ("チームは試合に勝ちました", JAPANESE, "shift_jis"),
        ("Grüße aus Köln – “alles” €", JAPANESE, "euc_jp"),
        ("球队在比赛中赢了，大家都很高兴", "这是我们的新闻，他说石油价格又上涨了", "gb18030"),
    ],
)
@pytest.mark.parametrize("share", [0.05, 0.5, 0.9])
def test_each_line_is_read_as_what_it_is(most: str, some: str, encoding: str, share: float) -> None:
    texts = [some if place < 200 * share else most for place in range(200)]
    lines = [text.encode("utf-8" if text is most else encoding) for text in texts]
    found = _seen(lines)
    assert (found.lines, found.first, found.encoding) == (200 * share, 1, encoding)
    assert [found.decode(line) for line in lines] == texts


def test_cells_of_a_row_in_two_encodings_and_characters_that_were_cut() -> None:
    lines = ["Réseau;déjà vu".encode()] * 20
    mixed = "Réseau;".encode() + "à l’été, groß".encode("cp1252")
    found = _seen([*lines, mixed])
    assert found.decode(mixed) == "Réseau;à l’été, groß"
    cut = "Réseau;dé".encode()[:-1] + b";x"
    found = _seen([*lines, cut])
    assert (found.encoding, found.decode(cut)) == ("utf-8", "Réseau;d\ufffd;x")


@pytest.mark.parametrize(
    ("text", "encoding"),
    [("NÍŽE UVEDENÉ ČÍSLO, KNÍŽKA", "cp1250"), (RUSSIAN, "koi8-r"), (RUSSIAN, "cp1251"), (JAPANESE, "shift_jis")],
)
def test_a_file_in_one_other_encoding_is_none(text: str, encoding: str) -> None:
    assert mixed_utf8([text.encode(encoding)] * 50) is None


def test_a_file_of_two_exports(tmp_path: Path) -> None:
    """The copy has every letter, and training names the line and the command."""
    rows = [f"{row[1]},Réseau déjà coupé ½ {row[2]}\n" for row in clean_rows(90)]
    others = [f'{row[1]},"Café à 20 €, l’été {row[2]}"\n' for row in clean_rows(9)]
    path = tmp_path / "train.csv"
    path.write_bytes("label,text\n".encode("utf-8-sig") + "".join(rows).encode() + "".join(others).encode("cp1252"))
    assert scan_bytes(FileContent(path, source="train.csv"), "utf-8").likely == "windows-1252"
    finding = checked(path).found("several encodings")
    assert finding is not None
    assert (finding.count, finding.what, finding.facts) == (9, "line", {"line": 92, "likely": "windows-1252"})
    fix(open_source(open_blocks(str(path)), "train", LabelNames()), tmp_path / "copy.csv")
    path.write_text("label,text\n" + "".join(rows + others), encoding="utf-8")
    expected, found = read_table(path), read_table(tmp_path / "copy.csv")
    assert (found.documents, found.labels) == (expected.documents, expected.labels)


@pytest.mark.parametrize("before", [0, 5 << 20])
def test_reading_such_a_file_names_the_line_and_the_check(before: int, tmp_path: Path) -> None:
    path = tmp_path / "a b.jsonl"
    sound = '{"label": "x", "text": "déjà"}\n'.encode()
    path.write_bytes(sound * (20 + before // len(sound)) + '{"label": "x", "text": "été"}\n'.encode("cp1252"))
    with pytest.raises(DataError) as caught:
        read_table(path)
    line = 21 + before // len(sound)
    assert f"line {line:,} is not utf-8" in caught.value.received
    assert caught.value.hint.startswith("Other lines are UTF-8: recurra check ")
    assert "--fix 'a b.clean.jsonl'" in caught.value.hint
    assert "windows" not in caught.value.hint


def test_a_wrong_number_of_fields_does_not_hide_the_encoding(tmp_path: Path) -> None:
    path = tmp_path / "train.csv"
    path.write_bytes("label,text\na,été\nb,très, bien\n".encode("cp1252"))
    with pytest.raises(DataError, match="has 3 fields for 2 columns") as caught:
        checked(path)
    assert "Byte 0xe9 at byte 13, line 2 is not utf-8" in caught.value.hint


def test_files_of_a_folder_in_another_encoding(tmp_path: Path) -> None:
    for label in ("a", "b"):
        (tmp_path / "rows" / label).mkdir(parents=True)
        for place in range(9):
            text = f"Le réseau déjà coupé, {label} {place}"
            (tmp_path / "rows" / label / f"{place}.txt").write_text(text, encoding="cp1252" if place > 6 else "utf-8")
    expected = r"a/7\.txt: byte 0xe9 .* Other files are UTF-8: recurra check .*rows --fix rows"
    with pytest.raises(DataError, match=expected):
        read_table(tmp_path / "rows")
    finding = checked(tmp_path / "rows").found("several encodings")
    assert finding is not None
    assert (finding.count, finding.what) == (4, "file")
    assert finding.facts == {"file": "a/7.txt", "likely": "windows-1252"}
    fix(open_source(open_blocks(str(tmp_path / "rows")), "train", LabelNames()), tmp_path / "copy.csv")
    assert sorted(read_table(tmp_path / "copy.csv", text="text", label="label").documents) == sorted(
        f"Le réseau déjà coupé, {label} {place}" for label in "ab" for place in range(9)
    )
