"""Bytes of a file: the encoding that is guessed, and a reading that nothing stops."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from planted import checked, clean_rows, kinds

from recurra.checking.encodings import NUL_REPLACEMENT, LenientContent, scan_bytes
from recurra.data.content import FileContent, PipeContent
from recurra.data.likely_encoding import likely_encoding

SAMPLES = {
    "windows-1252": "label,text\na,Le café déjà fermé, l’été “passé”\nb,Größe und Straße\n",
    "windows-1251": "label,text\na,Цены на нефть снова выросли\nb,Команда выиграла матч\n",
    "shift_jis": "label,text\na,石油の価格がまた上がりました\nb,チームは試合に勝ちました\n",
    "euc_jp": "label,text\na,石油の価格がまた上がりました\nb,チームは試合に勝ちました\n",
    "euc_kr": "label,text\na,석유 가격이 다시 올랐습니다\nb,팀이 경기에서 이겼습니다\n",
    "gb18030": "label,text\na,这是我们的新闻，他说石油价格又上涨了\nb,球队在比赛中赢了，大家都很高兴\n",
    "big5": "label,text\na,這是我們的新聞，他說石油價格又上漲了\nb,球隊在比賽中贏了，大家都很高興\n",
    "utf-16-le": "label,text\na,some words\nb,café\n",
    "utf-16-be": "label,text\na,some words\nb,café\n",
}


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Sieć nie działa, proszę o pomoc. Zażółć gęślą jaźń.", "windows-1250"),
        ("Dobrý den, nefunguje mi přihlášení. Žluťoučký kůň.", "windows-1250"),
        ("Kŕdeľ ďatľov učí mĺkveho koňa obhrýzať kôru.", "windows-1250"),
        ("Nem működik a fiókom, kérem segítsen. Köszönöm előre is.", "windows-1250"),
        ("Bună ziua, vă rog să mă ajutaţi, mulţumesc.", "windows-1250"),
        ("Čini mi se da račun nije točan, šaljem žalbu.", "windows-1250"),
        ("Sieć nie działa, proszę o pomoc. Zażółć gęślą jaźń.", "iso-8859-2"),
        ("Giriş yapamıyorum, şifremi unuttum. Lütfen çağrı.", "windows-1254"),
        ("Ačiū už pagalbą, įvyko klaida.", "windows-1257"),
        ("Lūdzu palīdziet, šķiet, ka ir kļūda.", "windows-1257"),
        ("Grüße aus München, die Straße ist gesperrt.", "windows-1252"),
        ("Où est ma facture ? Ça ne marche pas, même après.", "windows-1252"),
        ("¿Dónde está? ¡Qué rápido! El año pasado también.", "windows-1252"),
        ("Não consigo aceder, é a terceira vez. Obrigação, ações.", "windows-1252"),
        ("Perché non è arrivato? Città, più, così, virtù.", "windows-1252"),
        ("Jeg kan ikke logge på. Hvad er årsagen? Æbler, prøv.", "windows-1252"),
        ("Ég get ekki skráð mig inn, það er villa. Þakka þér.", "windows-1252"),
        ("Grüße. Où est-ce, déjà ? ¿Dónde está el año? Årsagen, prøv.", "windows-1252"),
        ("It’s “fine” – " * 20 + "Zażółć gęślą jaźń", "windows-1250"),
        ("Grüße aus München, die Straße ist gesperrt, für alle Gäste, schön", "cp850"),
        ("Où est ma facture ? Ça ne marche pas, même après, réglée déjà", "cp850"),
        ("Grüße aus München, die Straße ist gesperrt, schön, für alle", "mac_roman"),
        ("Où est ma facture ? Ça ne marche pas, même après, réglée déjà", "mac_roman"),
        ("“It’s” a dash—here—and—there… he said‘so’ • a†b‡c", "windows-1252"),
        ("Žalim, še zmeraj čaka, že drugič; žal ne pošljejo češenj", "windows-1250"),
        ("L’œuvre, le cœur, la sœur, un œuf", "windows-1252"),
        ("Šokk, žanr, tšehhi, šampoon, žürii", "windows-1252"),
    ],
)
def test_letters_of_a_language_tell_its_encoding(text: str, encoding: str) -> None:
    assert likely_encoding(text.encode(encoding)) == encoding


@pytest.mark.parametrize("encoding", SAMPLES)
def test_the_encoding_is_guessed(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(SAMPLES[encoding].encode(encoding))
    seen = scan_bytes(FileContent(path, source="file.csv"), "utf-8")
    assert seen.likely == encoding
    assert seen.wrong is not None
    opened = LenientContent(FileContent(path, source="file.csv"), encoding).open()
    text = opened.read(10_000).decode()
    opened.close()
    assert text.removeprefix("\ufeff") == SAMPLES[encoding]


def test_german_is_not_chinese() -> None:
    # With the next letter an umlaut is an ideograph of GB 18030; that in "zurück" is a frequent one.
    text = "Das Gerät hängt und lässt sich nicht zurücksetzen, Kündigung über Lüftungsgeräte"
    assert "點" in text.encode("cp1252").decode("gb18030", "replace")
    assert likely_encoding(text.encode("cp1252")) == "windows-1252"


def test_what_utf_8_reads_is_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    for sample in SAMPLES.values():
        path.write_text(sample, encoding="utf-8")
        seen = scan_bytes(FileContent(path, source="file.csv"), "utf-8")
        assert (seen.wrong, seen.likely, seen.nuls) == (None, None, 0)
        assert likely_encoding(sample.encode(), "ascii") == "utf-8"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_a_byte_order_mark_says_the_encoding(encoding: str, tmp_path: Path) -> None:
    rows = "".join(f"{row[1]},{row[2]}\n" for row in clean_rows(90))
    (tmp_path / "train.csv").write_text("label,text\n" + rows, encoding=encoding)
    assert kinds(checked(tmp_path / "train.csv")) == set()
    (tmp_path / "train.csv").write_text("label,text\n" + rows + "tech,a \0 code\n", encoding=encoding)
    assert ("NUL characters", "train") in kinds(checked(tmp_path / "train.csv"))
    assert likely_encoding((tmp_path / "train.csv").read_bytes()) == encoding


def test_where_the_wrong_byte_is(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(b"label,text\na,one\nb,d\xe9j\xe0\n")
    seen = scan_bytes(FileContent(path, source="file.csv"), "utf-8")
    assert seen.wrong == (0xE9, 20, 3)


@given(st.binary(max_size=60), st.integers(1, 9), st.sampled_from(["utf-8", "latin-1", "utf-16-le", "shift_jis"]))
def test_reading_is_never_stopped(data: bytes, size: int, encoding: str) -> None:
    opened = LenientContent(PipeContent(io.BytesIO(data), source="pipe"), encoding).open(again=False)
    pieces = []
    while piece := opened.read(size):
        pieces.append(piece)
    assert all(len(piece) == size for piece in pieces[:-1])
    text = b"".join(pieces).decode()
    assert "\0" not in text
    expected = data.decode(encoding, "replace").replace("\0", NUL_REPLACEMENT)
    assert text == expected.encode("utf-8", "replace").decode()


def test_a_file_in_another_encoding_is_checked_all_the_same(tmp_path: Path) -> None:
    rows = "".join(f"{row[1]},\xe9t\xe9 {row[2]}\n" for row in clean_rows(90))
    (tmp_path / "train.csv").write_bytes(("label,text\n" + rows + "tech,\n").encode("latin-1"))
    report = checked(tmp_path / "train.csv")
    assert {("wrong encoding", "train"), ("empty texts", "train")} <= kinds(report)
    finding = report.found("wrong encoding")
    assert finding is not None
    assert finding.facts == {"byte": 17, "line": 2, "likely": "windows-1252"}
    assert "--encoding windows-1252" in finding.hint


def test_nul_characters_are_found(tmp_path: Path) -> None:
    rows = "".join(f"{row[1]},{row[2]}\n" for row in clean_rows(90))
    (tmp_path / "train.csv").write_text("label,text\n" + rows + "tech,a \0 code\n", encoding="utf-8")
    report = checked(tmp_path / "train.csv")
    assert kinds(report) == {("NUL characters", "train"), ("control characters", "train")}
    finding = report.found("NUL characters")
    assert finding is not None
    assert (finding.severity, finding.count, finding.facts["line"]) == ("error", 1, 92)
