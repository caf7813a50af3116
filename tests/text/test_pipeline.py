import csv
import re
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recurra.errors import DataError
from recurra.presets import load_preset
from recurra.text import TextPipeline, TextSettings, Vocabulary
from recurra.text.buffer import TextBuffer

PAIRS = [("Oil rises", "Oil prices rose."), ("", "No title here"), ("Cup final", "A goal in the final.")]


def test_learned_from_what_is_read():
    learned = TextPipeline.learn(PAIRS, TextSettings(tokens="lesson"))
    once = ("title", "the", "rose", "rises", "prices", "no", "in", "here", "goal", "cup", "a")
    assert learned.vocabulary.tokens == ("oil", "final", *once)
    assert learned.rows == 13 + 2


def test_learned_from_titles():
    settings = TextSettings(tokens="lesson", vocabulary_from="titles", fixed_rows=True, vocabulary_size=100)
    learned = TextPipeline.learn(PAIRS, settings)
    assert set(learned.vocabulary.tokens) == {"oil", "rises", "cup", "final"}
    assert learned.rows == 100
    assert learned.settings.first_words == 10


def test_empty_texts_do_not_count_among_the_first_documents():
    settings = TextSettings(tokens="lesson", vocabulary_from="titles", vocabulary_documents=2)
    assert set(TextPipeline.learn(PAIRS, settings).vocabulary.tokens) == {"oil", "rises", "cup", "final"}
    one = TextPipeline.learn(PAIRS, settings.replace(vocabulary_documents=1))
    assert one.vocabulary.tokens == ("rises", "oil")


@pytest.mark.parametrize(
    ("field", "documents", "first_words"),
    [("title", PAIRS, None), ("all", PAIRS, 10), ("title", ["a text", "b"], 10), ("title", [*PAIRS, "a text"], 10)],
)
def test_only_a_model_trained_on_titles_takes_plain_texts_for_titles(field, documents, first_words):
    assert TextPipeline.learn(documents, TextSettings(field=field)).settings.first_words == first_words


def test_all_texts_empty():
    with pytest.raises(DataError, match="vocabulary would be empty"):
        TextPipeline.learn([("", "a"), ("", "b")], TextSettings(vocabulary_from="titles"))


def test_rows_are_never_fewer_than_ids():
    learned = TextPipeline.learn(["a"], TextSettings(tokens="bytes", vocabulary_size=10, fixed_rows=True))
    assert learned.rows == 258


def test_coverage():
    pipeline = TextPipeline(TextSettings(), Vocabulary(("oil", "prices")))
    assert pipeline.coverage(["Oil prices rose", ("Oil", "")]) == 3 / 4
    assert pipeline.coverage(["", " "]) == 1.0


@given(
    st.lists(st.text(max_size=20) | st.tuples(st.text(max_size=10), st.text(max_size=20)), max_size=5),
    st.sampled_from(["lesson", "words", "characters", "bytes"]),
    st.sampled_from(["all", "title"]),
)
def test_tokens_stand_in_step_with_ids(documents, tokens, field):
    pipeline = TextPipeline.learn(["a b c 1 2 3 .", *documents], TextSettings(tokens=tokens, field=field))
    encoded = pipeline.encode(documents)
    assert len(encoded) == len(documents)
    for place, document in enumerate(documents):
        ids = [pipeline.vocabulary.ids.get(token, 1) for token in pipeline.tokens(document)]
        assert encoded[place].tolist() == ids


@given(
    documents=st.lists(st.text(max_size=30) | st.tuples(st.text(max_size=20), st.text(max_size=20))),
    most=st.integers(1, 9),
)
@pytest.mark.parametrize("tokens", ["lesson", "words", "characters", "bytes"])
def test_the_first_tokens_are_read(documents, tokens, most):
    settings = TextSettings(tokens=tokens)
    whole = TextPipeline(settings, Vocabulary(("a", "b", "0", ".")))
    cut = TextPipeline(settings.replace(max_tokens=most), whole.vocabulary)
    ids = cut.encode(documents)
    assert [ids[row].tolist() for row in range(len(ids))] == [
        whole.encode([document])[0].tolist()[:most] for document in documents
    ]
    assert [cut.tokens(document) for document in documents] == [whole.tokens(document)[:most] for document in documents]
    texts = [document for document in documents if isinstance(document, str)]
    assert np.array_equal(cut.encode_buffer(TextBuffer.of(texts)).values, cut.encode(texts).values)


def test_the_vocabulary_of_the_lesson(data_dir):
    """The first 2,000 non-empty titles in file order; AG News has only ASCII, so that str.lower is the byte rule."""
    with (data_dir / "agnews" / "train.csv").open(encoding="utf-8", newline="") as file:
        rows = [(row["title"], row["description"]) for row in csv.DictReader(file)]
    counts: Counter[str] = Counter()
    for title in [title for title, _ in rows if title != ""][:2000]:
        bare = "".join(c for c in title.lower() if c not in "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
        counts.update(word for word in re.split(r"[ \t\n\x0b\f\r]", bare) if word)
    falling = [word for word, _ in sorted(sorted(counts.items(), reverse=True), key=lambda item: -item[1])]

    learned = TextPipeline.learn(rows, load_preset("lesson/lstm").text)
    assert list(learned.vocabulary.tokens) == falling
    assert 4_000 < len(falling) < 19_998
    assert learned.rows == 20_000


@given(
    st.lists(st.text("ab 'É1.\n日\u0301") | st.text(), max_size=8),
    st.sampled_from(["lesson", "words", "characters", "bytes"]),
)
@settings(max_examples=200)
def test_unknown_tokens_are_told_in_the_order_of_their_ids(texts: list[str], tokens: str) -> None:
    pipeline = TextPipeline.learn(["a b ba '", "É ab."], TextSettings(tokens=tokens))  # type: ignore[arg-type]
    unknown = ["before"]
    ids = pipeline.encode(texts, unknown)
    assert ids.values.tolist() == pipeline.encode(texts).values.tolist()
    every = [token for text in texts for token in pipeline.tokens(text)]
    assert unknown == ["before", *(token for token, i in zip(every, ids.values.tolist(), strict=True) if i == 1)]


def test_unknown_tokens_of_many_pieces_are_told_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recurra.text.encoding.PIECE", 50)
    pipeline = TextPipeline.learn(["the oil"], TextSettings())
    texts = [f"the word{i} of oil é{i}" if i % 3 else f"Word{i}'s, the oil" for i in range(200)]
    unknown = list[str]()
    pipeline.encode_buffer(TextBuffer.of(texts), unknown)
    assert unknown == [token for text in texts for token in pipeline.tokens(text) if token not in ("the", "oil")]


def test_characters_in_lower_case() -> None:
    pipeline = TextPipeline.learn(["Smith", "SMYTH"], TextSettings(tokens="characters", lowercase=True))
    assert set(pipeline.vocabulary.tokens) == set("smithy")
    unknown: list[str] = []
    ids = pipeline.encode(["SMITH", "smith", "Bo"], unknown)
    assert ids[0].tolist() == ids[1].tolist() == [pipeline.vocabulary.ids[letter] for letter in "smith"]
    assert (pipeline.tokens("Bo"), unknown) == (["b", "o"], ["b", "o"])
