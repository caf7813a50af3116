import pytest

from recurra.errors import DataError
from recurra.text.fields import input_texts, titles
from recurra.text.settings import TextSettings

PAIR = ("Oil rises", "Prices went up again.")
LONG = "one two\tthree  four\nfive six seven eight nine ten eleven"


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("  as it is ", "  as it is "),
        (PAIR, "Oil rises Prices went up again."),
        (("", "text alone"), "text alone"),
        (("title alone", ""), "title alone"),
        (("", ""), ""),
    ],
)
def test_all_joins_what_is_there(document, expected):
    assert input_texts([document], TextSettings(field="all")) == [expected]


@pytest.mark.parametrize(
    ("first_words", "expected"),
    [
        (3, "one two three"),
        (10, "one two three four five six seven eight nine ten"),
        (99, "one two three four five six seven eight nine ten eleven"),
        (None, LONG),
    ],
)
def test_title_of_a_plain_text(first_words, expected):
    assert input_texts([LONG], TextSettings(field="title", first_words=first_words)) == [expected]


def test_title_of_a_pair_is_whole():
    assert input_texts([(LONG, "text"), ("", "text")], TextSettings(field="title", first_words=2)) == [LONG, ""]


@pytest.mark.parametrize("field", ["all", "title"])
def test_titles_for_the_vocabulary_whatever_is_read(field):
    assert titles([PAIR, LONG], TextSettings(field=field, first_words=2)) == ["Oil rises", "one two"]
    ten = "one two three four five six seven eight nine ten"
    assert titles([LONG], TextSettings(field=field, first_words=None)) == [ten]


@pytest.mark.parametrize("wrong", [3, b"bytes", ("one",), ("a", "b", "c"), ["a", "b"]])
@pytest.mark.parametrize("read", [input_texts, titles])
def test_what_is_no_document_is_named(wrong, read):
    with pytest.raises(DataError, match=r"Document 1 .*Give a text, or a pair") as caught:
        read(["good", wrong], TextSettings())
    assert repr(wrong) in str(caught.value)


@pytest.mark.parametrize("read", [input_texts, titles])
def test_a_pair_without_a_text_is_told_what_to_do(read):
    with pytest.raises(
        DataError, match=r"Document 1 \(counted from 0\) has no text: \('a', None\)\. Give '' for each text"
    ):
        read(["good", ("a", None)], TextSettings())


def test_one_text_is_not_a_list_of_documents():
    with pytest.raises(DataError, match=r"not the text 'Oil'.*list"):
        input_texts("Oil", TextSettings())
