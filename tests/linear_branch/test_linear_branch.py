"""The linear branch against sums that are written down word by word, and its learning against scikit-learn."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from bundles import make_bundle
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from recurra.batches import Ragged
from recurra.errors import SettingsError
from recurra.linear_branch import BranchSettings, LinearBranch, OpenDocuments, OpenVocabulary, learn_branch
from recurra.linear_branch.count import count_ngrams, count_subwords
from recurra.linear_branch.ngrams import Ngrams
from recurra.runtime import Model
from recurra.text import TextPipeline, TextSettings
from recurra.text.buffer import TextBuffer

TEXTS = [
    "good film , really good", "bad film", "really bad , bad acting", "good acting", "the film is good",
    "the plot is bad", "a good plot", "a bad , bad plot", "good good good", "acting is really bad",
]  # fmt: skip
RIGHT = [0, 1, 1, 0, 0, 1, 0, 1, 0, 1]
NEW = ["goodness , a badly acted film", "", "plotting", "unheard words alone", "good"]


def grams(ids: Sequence[int], known: int, longest: int) -> list[tuple[int, ...]]:
    """All n-grams of a document without an unknown token, with the boundary 0 in those of two and more."""
    ends = [0, *ids, 0]
    found = [(token,) for token in ids if token > 1 and token < known]
    for size in range(2, longest + 1):
        for first in range(len(ends) - size + 1):
            gram = tuple(ends[first : first + size])
            if ids and all(token != 1 and token < known for token in gram):
                found.append(gram)
    return found


def pieces(word: str, longest: int) -> list[str]:
    marked = f" {word} "
    return [marked[i : i + n] for n in range(2, longest + 1) for i in range(len(marked) - n + 1)]


def fitted(*, passes: int = 15, **changes: object) -> tuple[TextPipeline, LinearBranch]:
    pipeline = TextPipeline.learn(TEXTS, TextSettings())
    opened = OpenDocuments(pipeline.encode(TEXTS), len(pipeline.vocabulary) + 2)
    wanted = BranchSettings(branch=True, **changes)  # type: ignore[arg-type]
    return pipeline, learn_branch(
        opened, np.eye(2, dtype=np.float32)[RIGHT], pipeline, wanted, passes=passes
    )  # fmt: skip


@given(st.lists(st.lists(st.integers(1, 6), max_size=9), min_size=1, max_size=6), st.integers(1, 4), st.integers(1, 3))
@settings(max_examples=60, deadline=None)
def test_ngrams_are_those_that_occur_often_enough(documents: list[list[int]], longest: int, least: int) -> None:
    known, ragged = 6, Ragged.from_lists(documents)
    counts = Counter(gram for ids in documents for gram in grams(ids, known, longest))
    ngrams = count_ngrams(ragged, known, BranchSettings(ngrams=longest, ngram_min_count=least))
    kept = {tuple(ngrams.tokens(row)) for row in range(known, len(ngrams))}
    assert kept == {gram for gram, count in counts.items() if len(gram) > 1 and count >= least}
    found = ngrams.find(ragged)
    for place, ids in enumerate(documents):
        rows = Counter(tuple(ngrams.tokens(row)) for row in found[place].tolist())
        assert rows == Counter(gram for gram in grams(ids, known, longest) if len(gram) == 1 or gram in kept)


def test_of_many_ngrams_the_most_frequent_stay_with_their_beginnings() -> None:
    documents = Ragged.from_lists([[2, 3, 4]] * 5 + [[5, 3]] * 4 + [[4, 2]] * 2)
    ngrams = count_ngrams(documents, 6, BranchSettings(ngrams=3, ngram_count=4))
    assert len(ngrams) == 6 + 4
    assert {tuple(ngrams.tokens(row)) for row in range(6, 10)} <= {
        (0, 2), (2, 3), (3, 4), (4, 0), (0, 2, 3), (2, 3, 4), (3, 4, 0),
    }  # fmt: skip


def test_subwords_of_words_that_training_never_saw_are_found() -> None:
    subwords = count_subwords(["walking", "talk"], np.array([1, 1]), BranchSettings(subwords=4))
    counts = Counter(pieces("walking", 4) + pieces("talk", 4))
    assert set(subwords.vocabulary.tokens) == {text for text, count in counts.items() if count >= 2}
    for word in ("walked", "été", "x", "talk"):
        found = [subwords.vocabulary.tokens[row] for row in subwords.find([word]).values.tolist()]
        assert Counter(found) == Counter(text for text in pieces(word, 4) if text in set(subwords.vocabulary.tokens))


@pytest.mark.parametrize("changes", [{}, {"subwords": 0}, {"ngrams": 1, "subwords": 3}, {"ngrams": 4}])
def test_outputs_are_sums_over_ngrams_and_subwords(changes: dict[str, int]) -> None:
    pipeline, branch = fitted(**changes)
    documents = [*TEXTS[:3], *NEW]
    opener = OpenVocabulary(pipeline)
    unknown = list[str]()
    ids = opener.open(pipeline.encode(documents, unknown), unknown)
    got = branch.logits(OpenDocuments(ids, opener.known, opener.words))
    rows = {tuple(branch.ngrams.tokens(row)): row for row in range(2, len(branch.ngrams))}
    texts = {} if branch.subwords is None else {text: row for row, text in enumerate(branch.subwords.vocabulary.tokens)}
    for place, document in enumerate(documents):
        plain = pipeline.encode([document])[0].tolist()
        first = [rows[gram] for gram in grams(plain, opener.known, branch.settings.ngrams) if gram in rows]
        second = [
            texts[piece]
            for word in pipeline.tokens(document)
            for piece in pieces(word, branch.settings.subwords)
            if piece in texts
        ]
        expected = np.zeros(2)
        for weights, some in ((branch.W, first), (branch.U, second)):
            if some:
                expected += weights[some].astype(np.float64).sum(axis=0) / math.sqrt(len(some))
        np.testing.assert_allclose(got[place], expected, atol=1e-9)
    assert (got[documents.index("")] == 0).all()
    assert changes.get("subwords") == 0 or np.abs(got[documents.index("plotting")]).max() > 0.01


@pytest.mark.parametrize("ngrams", [1, 3])
@pytest.mark.parametrize("classes", [RIGHT, [0, 1, 2, 0, 2, 1, 0, 1, 2, 1]], ids=["two", "three"])
def test_learning_finds_the_optimum_that_scikit_learn_finds(classes: list[int], ngrams: int) -> None:
    # Without subwords each output is a logistic regression of weighted counts.
    pipeline = TextPipeline.learn(TEXTS, TextSettings())
    settings, ids = BranchSettings(branch=True, ngrams=ngrams, ngram_decay=0.6, subwords=0), pipeline.encode(TEXTS)
    known = len(pipeline.vocabulary) + 2
    targets = np.eye(max(classes) + 1, dtype=np.float32)[classes]
    branch = learn_branch(OpenDocuments(ids, known), targets, pipeline, settings, passes=500)
    got = branch.logits(OpenDocuments(ids, known))
    found, rows = branch.ngrams.find(ids), range(len(branch.ngrams))
    present = np.array([[row in found[i] for row in rows] for i in range(len(ids))])
    frequencies = np.log((1 + len(ids)) / (1 + present.sum(axis=0))) + 1
    counts = np.array([[(found[i] == row).sum() / math.sqrt(len(found[i])) for row in rows] for i in range(len(ids))])
    counts = counts * np.sqrt([0.6 ** (len(branch.ngrams.tokens(row)) - 1) for row in rows])
    for output, right in enumerate(targets.T > 0):
        inside, others = ((present[some].sum(axis=0) + 0.001) / (some.sum() + 0.002) for some in (right, ~right))
        squares = np.abs(np.log(inside / others)) ** (2 / 3)
        x = counts * frequencies / frequencies.mean() * np.sqrt(squares / squares.mean())
        model = LogisticRegression(C=1 / settings.branch_penalty, fit_intercept=False, tol=1e-10, max_iter=9999)
        np.testing.assert_allclose(got[:, output], model.fit(x, right).decision_function(x), rtol=2e-4, atol=1e-4)


def test_weights_are_bounded_for_all_outputs_together() -> None:
    settings = BranchSettings(branch=True, branch_weights=1_000, ngram_count=40)
    assert settings.most(outputs=10, known=60, subwords=True) == 20
    assert settings.most(outputs=10, known=60, subwords=False) == 40
    assert settings.most(outputs=2, known=60, subwords=True) == 40
    assert settings.most(outputs=50, known=60, subwords=True) == 1
    pipeline = TextPipeline.learn(TEXTS, TextSettings())
    known, targets = len(pipeline.vocabulary) + 2, np.eye(2, dtype=np.float32)[RIGHT]
    documents = OpenDocuments(pipeline.encode(TEXTS), known)
    bounds = [BranchSettings(branch=True, branch_weights=2 * (known + room)) for room in (12, 1_000)]
    most = [learn_branch(documents, targets, pipeline, bound).counts for bound in bounds]
    assert most[0] == {"known_ngrams": 6, "known_subwords": 6}
    assert min(most[1].values()) > 6


def test_a_long_ngram_is_penalised_more() -> None:
    ngrams = Ngrams(3, np.array([[2, 2], [3, 2], [2, 0]], dtype=np.int32), 3)
    assert ngrams.lengths.tolist() == [1, 1, 1, 2, 3, 2]
    with pytest.raises(SettingsError, match="ngram_decay is 0"):
        BranchSettings(ngram_decay=0.0)


def test_several_labels_are_learned_one_by_one() -> None:
    pipeline = TextPipeline.learn(TEXTS, TextSettings())
    opened = OpenDocuments(pipeline.encode(TEXTS), len(pipeline.vocabulary) + 2)
    right = np.array(RIGHT, dtype=np.float32)
    targets = np.stack([right, np.array(["plot" in text for text in TEXTS], dtype=np.float32)], axis=1)
    branch = learn_branch(
        opened, targets, pipeline, BranchSettings(branch=True)
    )  # fmt: skip
    assert ((branch.logits(opened) > 0) == (targets > 0)).all()


def test_a_row_that_counts_nothing_changes_nothing() -> None:
    pipeline = TextPipeline.learn(TEXTS, TextSettings())
    opened = OpenDocuments(pipeline.encode(TEXTS), len(pipeline.vocabulary) + 2)
    weights = np.ones(len(TEXTS), dtype=np.float32)
    weights[0] = 0
    learned = [
        learn_branch(
            opened, np.eye(2, dtype=np.float32)[[first, *RIGHT[1:]]], pipeline, BranchSettings(branch=True),
            row_weights=weights,
        )
        for first in (0, 1)
    ]  # fmt: skip
    np.testing.assert_array_equal(learned[0].W, learned[1].W)
    np.testing.assert_array_equal(learned[0].U, learned[1].U)


def test_neither_the_batch_nor_the_number_of_threads_changes_a_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline, branch = fitted()
    model = Model(replace(make_bundle(), text=pipeline.settings, vocabulary=pipeline.vocabulary, branch=branch))
    generator = np.random.default_rng(0)
    words = [*{word for text in [*TEXTS, *NEW] for word in text.split()}, "plöt", "unheard-of"]
    texts = [" ".join(generator.choice(words, generator.integers(0, 30))) for _ in range(900)]
    answers = []
    for threads in (1, 3):
        monkeypatch.setattr("recurra.kernels.threads.cpu_count", lambda threads=threads: threads)
        _, opened = model.open(texts)
        assert len(opened.words) > 3
        answers.append(branch.logits(opened))
    alone = [branch.logits(model.open([text])[1]) for text in texts]
    np.testing.assert_array_equal(answers[0], answers[1])
    np.testing.assert_array_equal(answers[0], np.concatenate(alone))
    np.testing.assert_array_equal(branch.logits(model.open(TextBuffer.of(texts))[1]), answers[0])
