"""Training with a linear branch beside the network: its rows, how the two are joined, and going on from a model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from rows import make_rows
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp
from topics import topic_rows
from training.runs import FULL, SHORT, THOROUGH, Steps, train

import recurra
from recurra.bundle import Bundle
from recurra.bundle.format import decode, encode
from recurra.data.split import hold_out
from recurra.errors import SettingsError
from recurra.linear_branch import BranchSettings, LinearBranch, OpenDocuments, learn_branch
from recurra.linear_branch.fuse import DEFAULT, UNIT
from recurra.runtime import Model
from recurra.tasks import SingleLabel
from recurra.text import TextSettings
from recurra.training.ending import only_the_branch
from recurra.training.run import MODEL

BRANCH = BranchSettings(branch=True, ngrams=3)
HELD = SHORT.replace(validation=0.3)
WORDS = TextSettings(tokens="words")


class KilledError(Exception):
    pass


class Killer(Steps):
    """Ends the run in the middle."""

    def count_step(self, documents: int, loss: float) -> None:
        super().count_step(documents, loss)
        if self.steps == 9:
            raise KilledError


def branch_of(bundle: Bundle) -> LinearBranch:
    assert bundle.branch is not None
    return bundle.branch


def outputs_of(bundle: Bundle, texts: Any) -> Any:
    """What the branch alone says."""
    _, opened = Model(bundle).open(texts)
    return branch_of(bundle).logits(opened)


def right(bundle: Bundle, documents: Any, labels: list[str]) -> float:
    return float((np.array(bundle.labels.classes)[outputs_of(bundle, documents).argmax(axis=1)] == labels).mean())


def test_the_branch_learns_and_the_record_says_how_it_is_joined() -> None:
    fitted = train(count=400, training=HELD, branch=BRANCH)
    record = fitted.bundle.record["branch"]
    assert record["chosen_on_held_out_rows"] is True
    assert record["branch_right"] > 0.9
    assert record.keys() == {
        "network_factor", "branch_factor", "chosen_on_held_out_rows", "network_right", "branch_right"
    }  # fmt: skip
    documents, labels = make_rows(200, seed=5)
    assert right(fitted.bundle, documents, labels) > 0.9
    assert (Model(fitted.bundle).predict(documents) == labels).mean() > 0.9


@pytest.mark.parametrize(("count", "validation"), [(60, 0.0), (60, 0.3)])
def test_too_few_held_out_rows_choose_nothing(count: int, validation: float) -> None:
    training = SHORT.replace(validation=validation)
    fitted = train(count=count, training=training.replace(calibrate=True), branch=BRANCH)
    record = fitted.bundle.record["branch"]
    reason = "18 held-out rows are fewer than 100" if validation else "no rows were held out"
    assert fitted.bundle.record["calibration"] == {"skipped": reason}
    assert (record["network_factor"], record["branch_factor"]) == DEFAULT
    assert record["chosen_on_held_out_rows"] is False
    # The network has learned what it does without a branch: its output is the same but for the factor.
    plain = train(count=count, training=training).bundle
    for name in ("W_O", "b_O"):
        np.testing.assert_allclose(fitted.bundle.tensors[name], plain.tensors[name] * DEFAULT.network, rtol=1e-6)


@pytest.fixture(scope="module")
def uncertain() -> tuple[Any, list[str]]:
    """240 rows of which a quarter has another label than its words say, and the labels."""
    documents, labels = make_rows(240, seed=2)
    generator = np.random.default_rng(1)
    return documents, [generator.choice(sorted(set(labels))) if generator.random() < 0.25 else one for one in labels]


def crossed(bundle: Bundle, documents: Any, labels: list[str], order: Any, seed: int) -> tuple[Any, Any]:
    """Of each row, in this order, the outputs of a branch that has learned four other fifths; and its class."""
    opened = OpenDocuments.of(bundle.pipeline, [documents[row] for row in order])
    targets = np.array([bundle.labels.classes.index(labels[row]) for row in order])
    fold_of = np.empty(len(order), dtype=int)
    fold_of[np.random.default_rng(seed).permutation(len(order))] = np.arange(len(order)) % 5
    outputs = np.empty((len(order), 4))
    for fold in range(5):
        others, own = np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)
        learned = learn_branch(
            opened.take(others), np.eye(4, dtype=np.float32)[targets[others]], bundle.pipeline, BRANCH
        )
        outputs[own] = learned.logits(opened.take(own))
    return outputs, targets


def best_temperature(outputs: Any, targets: Any) -> float:
    """By trying many, with a share of 1 / (B + 1) of each target spread over all classes (Platt 1999)."""
    spread = 1 / (len(targets) + 1)

    def loss(temperature: float) -> float:
        logs = outputs / temperature - logsumexp(outputs / temperature, axis=1, keepdims=True)
        own = logs[np.arange(len(targets)), targets]
        return float(-((1 - spread) * own + spread * logs.mean(axis=1)).sum())

    return float(minimize_scalar(loss, bounds=(0.05, 20), method="bounded", options={"xatol": 1e-8}).x)


@pytest.mark.parametrize("validation", [0.0, 0.3])
def test_without_enough_rows_held_out_the_temperature_is_that_of_branches_that_have_not_seen_the_row(
    uncertain: tuple[Any, list[str]], validation: float
) -> None:
    documents, labels = uncertain
    training = SHORT.replace(validation=validation, calibrate=True)
    bundle = train(rows=uncertain, training=training, branch=BRANCH).bundle
    kept, held = hold_out(labels, share=validation, seed=0)
    temperature = best_temperature(*crossed(bundle, documents, labels, [*kept, *held], seed=0))
    record = bundle.record["branch"]
    assert record["chosen_on_held_out_rows"] is False
    assert record["network_factor"] == pytest.approx(UNIT.network / temperature, rel=1e-4)
    assert record["branch_factor"] == pytest.approx(UNIT.branch / temperature, rel=1e-4)
    assert bundle.record["calibration"] == {"skipped": "the factors of network and branch hold the temperature"}
    plain = train(rows=uncertain, training=training.replace(calibrate=False), branch=BRANCH).bundle.record["branch"]
    assert (plain["network_factor"], plain["branch_factor"]) == DEFAULT


def test_without_calibration_network_and_branch_keep_their_shares() -> None:
    plain, calibrated = (
        train(count=400, training=HELD.replace(calibrate=on), branch=BRANCH).bundle.record for on in (False, True)
    )
    own, other = (
        np.array([record["branch"][f"{part}_factor"] for part in ("network", "branch")])
        for record in (plain, calibrated)
    )
    assert not np.allclose(own, other)
    np.testing.assert_allclose(own / own.sum(), other / other.sum())
    assert "calibration" not in plain


def test_where_that_takes_long_or_held_out_rows_choose_no_such_branches_are_learned(
    uncertain: tuple[Any, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    held = SHORT.replace(validation=0.45)
    chosen = train(rows=uncertain, training=held, branch=BRANCH).bundle.record["branch"]
    assert chosen["chosen_on_held_out_rows"] is True
    monkeypatch.setattr("recurra.training.branch.MOST_WORK", 0)
    assert train(rows=uncertain, training=held, branch=BRANCH).bundle.record["branch"] == chosen
    record = train(rows=uncertain, branch=BRANCH).bundle.record["branch"]
    assert (record["network_factor"], record["branch_factor"]) == DEFAULT


def test_a_model_to_continue_from_has_seen_the_rows_and_says_no_temperature(uncertain: tuple[Any, list[str]]) -> None:
    parent = train(rows=uncertain, branch=BRANCH).bundle
    record = train(rows=uncertain, branch=BRANCH, initial=parent).bundle.record["branch"]
    assert (record["network_factor"], record["branch_factor"]) == DEFAULT


@pytest.mark.parametrize(("most", "counted"), [(None, True), (60, True), (59, False), (0, False)])
def test_subwords_are_counted_up_to_a_number_of_rows(most: int | None, counted: bool) -> None:
    branch = BRANCH.replace(subword_rows=most)
    fitted = train(count=60, branch=branch, text=WORDS)
    found = branch_of(fitted.bundle)
    assert (found.subwords is not None) == counted
    assert found.settings.subwords == (5 if counted else 0)
    if counted:
        # Learning goes on with them, however many rows there are then.
        more = train(count=200, branch=branch, text=WORDS, initial=fitted.bundle)
        assert branch_of(more.bundle).subwords is not None


def test_the_network_stops_as_without_a_branch() -> None:
    settings = HELD.replace(epochs=12, patience=2, learning_rate=0.05)
    both, alone = (train(count=400, training=settings, branch=branch) for branch in (BRANCH, None))
    assert both.outcome.history == alone.outcome.history
    assert both.outcome.best_epoch == alone.outcome.best_epoch
    for name in set(alone.bundle.tensors) - {"W_O", "b_O"}:
        np.testing.assert_array_equal(both.bundle.tensors[name], alone.bundle.tensors[name])


def test_scores_on_held_out_rows_come_from_a_branch_that_has_not_seen_them() -> None:
    """Labels at random: whoever has seen them knows them, and nobody else can."""
    documents = [f"word{place} and word{place + 1000} again" for place in range(600)]
    labels = np.random.default_rng(0).choice(["a", "b"], 600).tolist()
    fitted = train(rows=(documents, labels), training=HELD, branch=BRANCH, text=WORDS)
    assert fitted.bundle.record["branch"]["branch_right"] < 0.65
    assert fitted.bundle.record["scores"]["validation"]["accuracy"] < 0.65
    assert right(fitted.bundle, documents, labels) > 0.9


def test_rows_of_several_labels() -> None:
    texts, labels = topic_rows(500)
    fitted = train(rows=(texts, labels), training=SHORT.replace(validation=0.25), branch=BRANCH, text=WORDS)
    said = outputs_of(fitted.bundle, texts) > 0
    wanted = np.array([[name in some for name in fitted.bundle.labels.classes] for some in labels])
    assert (said == wanted).mean() > 0.95
    assert fitted.bundle.record["branch"]["branch_right"] > 0.9
    read = decode(encode(fitted.bundle))
    np.testing.assert_array_equal(Model(read).predict_proba(texts), Model(fitted.bundle).predict_proba(texts))


def test_balanced_classes_count_alike() -> None:
    """Of the same text the rarer label is as likely as the frequent one."""
    rows = ["the same text"] * 80, ["often"] * 64 + ["rare"] * 16
    # With this penalty the passes reach the optimum.
    branch, outputs = BRANCH.replace(branch_penalty=10.0), []
    for weights in ("none", "balanced"):
        fitted = train(rows=rows, training=SHORT.replace(class_weights=weights), branch=branch)
        outputs.append(outputs_of(fitted.bundle, ["the same text"]))
    assert outputs[0][0, 0] - outputs[0][0, 1] > 0.5
    np.testing.assert_allclose(outputs[1][0, 0], outputs[1][0, 1], atol=1e-3)


@pytest.mark.parametrize("tokens", ["words", "lesson", "characters", "bytes"])
def test_words_that_the_vocabulary_does_not_have(tokens: Any) -> None:
    text = TextSettings(tokens=tokens, vocabulary_size=12 if tokens != "bytes" else 20_000)
    rows = make_rows(200)
    fitted = train(rows=rows, training=HELD, branch=BRANCH, text=text)
    branch = branch_of(fitted.bundle)
    # The file is what training returns, and takes it again.
    assert encode(decode(encode(fitted.bundle))) == encode(fitted.bundle)
    assert (branch.subwords is None) == (tokens in ("characters", "bytes"))
    if branch.subwords is not None:
        # Subwords tell of words without an id.
        assert right(fitted.bundle, *rows) > 0.9
        assert " goal" in branch.subwords.vocabulary.ids


def test_of_many_rows_some_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [f"text{place} " * 3 for place in range(50)], ["a", "b"] * 25
    monkeypatch.setattr("recurra.linear_branch.rows.MOST_ROWS", 20)
    bundles = [train(rows=rows, branch=BRANCH, text=WORDS).bundle for _ in range(2)]
    assert encode(bundles[0]) == encode(bundles[1])
    weights = np.abs(branch_of(bundles[0]).W).max(axis=1)
    drawn = {word: i for word, i in bundles[0].vocabulary.ids.items() if weights[i] > 0}
    assert len(drawn) == 20
    # Each has learned its own label.
    for word, i in drawn.items():
        assert branch_of(bundles[0]).W[i].argmax() == int(word.removeprefix("text")) % 2


class Unlinked(SingleLabel):
    """One label a row whose outputs are nobody's logits."""

    name: ClassVar[str] = "unlinked"
    link = None


def test_a_task_that_no_branch_suits_goes_without_and_is_told() -> None:
    told = Steps()
    fitted = train(branch=BRANCH, task=Unlinked(), callbacks=[told])
    assert fitted.bundle.branch is None
    assert [message for message in told.messages if "branch" in message] == [
        "linear branch: left out, none suits one label."
    ]


def test_a_run_that_was_stopped_ends_with_the_same_bytes(tmp_path: Path) -> None:
    options: dict[str, Any] = {"count": 60, "network": FULL, "training": THOROUGH, "branch": BRANCH}
    train(tmp_path / "whole", **options)
    with pytest.raises(KilledError):
        train(tmp_path / "killed", **options, checkpoint_seconds=0, callbacks=[Killer()])
    assert not (tmp_path / "killed" / MODEL).exists()
    train(tmp_path / "killed", **options, resume=True)
    whole = (tmp_path / "whole" / MODEL).read_bytes()
    assert (tmp_path / "killed" / MODEL).read_bytes() == whole
    # Resumed once more, nothing is multiplied twice.
    train(tmp_path / "killed", **options, resume=True)
    assert (tmp_path / "killed" / MODEL).read_bytes() == whole


# Going on from a model.


def split(rows: tuple[Any, Any], *names: str) -> tuple[Any, Any]:
    kept = [place for place, label in enumerate(rows[1]) if label in names]
    return [rows[0][place] for place in kept], [rows[1][place] for place in kept]


@pytest.fixture(scope="module")
def parent() -> Bundle:
    """A model of two of the four topics."""
    return train(rows=split(make_rows(400), "sport", "tech"), training=HELD, branch=BRANCH).bundle


def test_a_branch_goes_on_with_its_ngrams_new_words_and_new_classes(parent: Bundle) -> None:
    rows = make_rows(60, seed=1)
    after = train(rows=rows, initial=parent, branch=BRANCH).bundle
    old, new = branch_of(parent), branch_of(after)
    assert after.labels.classes == ("money", "sport", "tech", "world")
    grown = new.ngrams.known - old.ngrams.known
    assert grown > 10
    count = len(old.ngrams.table)
    assert len(new.ngrams.table) > count
    kept = [tuple(old.ngrams.tokens(row)) for row in range(old.ngrams.known, len(old.ngrams))]
    assert [tuple(new.ngrams.tokens(new.ngrams.known + place)) for place in range(count)] == kept
    assert old.subwords is not None
    assert new.subwords is not None
    assert new.subwords.vocabulary.tokens[: len(old.subwords)] == old.subwords.vocabulary.tokens
    documents, labels = make_rows(200, seed=7)
    assert right(after, documents, labels) > 0.9


def test_without_new_evidence_the_weights_stay(parent: Bundle) -> None:
    """Rows of one known text, and a penalty that holds everything: old n-grams answer as before, factors aside."""
    strict = BRANCH.replace(branch_penalty=1e9, ngram_min_count=1000)
    rows = ["unheard"] * 20, ["sport", "tech"] * 10
    after = train(rows=rows, initial=parent, branch=strict).bundle
    documents, _ = make_rows(100, seed=3)
    factor = parent.record["branch"]["branch_factor"]
    expected = outputs_of(parent, documents) / factor * DEFAULT.branch
    np.testing.assert_allclose(outputs_of(after, documents), expected, rtol=1e-4, atol=1e-5)


def test_what_the_old_rows_taught_is_not_forgotten(parent: Bundle) -> None:
    """New rows of two new topics alone: the old topics are still told from each other."""
    after = train(rows=split(make_rows(60, seed=1), "money", "world"), initial=parent, branch=BRANCH).bundle
    documents, labels = split(make_rows(200, seed=7), "sport", "tech")
    outputs = outputs_of(after, documents)[:, [1, 2]]
    assert (np.array(["sport", "tech"])[outputs.argmax(axis=1)] == labels).mean() > 0.9


def test_the_network_goes_on_from_what_it_was_before_it_was_joined(parent: Bundle) -> None:
    record = train(count=40, initial=parent, branch=BRANCH).bundle.record
    assert record["continued"]["temperature_undone"] == pytest.approx(1 / parent.record["branch"]["network_factor"])


@pytest.mark.parametrize("factor", [None, 0, -1.0, "2", True, float("inf")])
def test_what_is_no_factor_changes_nothing(parent: Bundle, factor: Any) -> None:
    odd = replace(parent, record={**parent.record, "branch": {"network_factor": factor, "branch_factor": factor}})
    if factor == float("inf"):
        odd = replace(odd, record={**parent.record, "branch": 3})
    after = train(count=40, initial=odd, branch=BRANCH).bundle
    assert after.record["continued"]["temperature_undone"] == 1.0


def test_a_model_without_a_branch_goes_on_with_and_without_one() -> None:
    initial = train(count=60).bundle
    assert train(count=60, initial=initial).bundle.branch is None
    with_one = train(count=60, initial=initial, branch=BRANCH).bundle
    assert right(with_one, *make_rows(60)) > 0.9


def test_a_branch_may_be_left_out(parent: Bundle) -> None:
    assert train(count=40, initial=parent).bundle.branch is None


@pytest.mark.parametrize("changed", [{"ngrams": 2}, {"subwords": 0}])
def test_other_kinds_of_ngrams_are_refused(parent: Bundle, changed: dict[str, int]) -> None:
    with pytest.raises(SettingsError, match="in the model to continue from"):
        train(count=40, initial=parent, branch=BRANCH.replace(**changed))


def test_old_ngrams_stay_even_if_there_is_room_for_fewer(parent: Bundle) -> None:
    few = BRANCH.replace(ngram_count=3)
    after = train(count=80, initial=parent, branch=few).bundle
    assert len(branch_of(after).ngrams.table) == len(branch_of(parent).ngrams.table)
    assert encode(decode(encode(after))) == encode(after)


def test_a_model_of_several_labels_goes_on() -> None:
    texts, labels = topic_rows(300)
    initial = train(rows=(texts, labels), training=HELD, branch=BRANCH, text=WORDS).bundle
    newer = [f"{text} zebra" for text in texts], [(*some, "zoo") for some in labels]
    after = train(rows=newer, training=HELD, branch=BRANCH, text=WORDS, initial=initial).bundle
    assert "zoo" in after.labels.classes
    said = outputs_of(after, newer[0]) > 0
    wanted = np.array([[name in some for name in after.labels.classes] for some in newer[1]])
    assert (said == wanted).mean() > 0.95


@pytest.mark.filterwarnings("ignore:The model to continue from learned from these 60 rows")
def test_the_classifier_goes_on_with_the_branch_of_a_model(tmp_path: Path) -> None:
    documents, labels = make_rows(60)
    options = {"hidden": 5, "embedding": 4, "cell": "gru", "branch": True}
    first = recurra.TextClassifier(options=options, epochs=2).fit(documents, labels)
    first.save(tmp_path / "first.safetensors")
    again = recurra.TextClassifier(epochs=1).fit(documents, labels, initial=tmp_path / "first.safetensors")
    assert again.model_.bundle.branch is not None
    assert isinstance(Model(again.model_.bundle).open(documents)[1], OpenDocuments)


def test_a_network_that_learned_nothing_beside_a_good_branch_is_named() -> None:
    idle = train(count=400, training=HELD.replace(learning_rate=1e-9), branch=BRANCH)
    assert idle.idle.startswith("The recurrent network learned next to nothing: 0.")
    assert idle.idle.endswith("adds to it give more epochs or rows, or another learning rate than 1e-09.")
    assert train(count=400, training=HELD, branch=BRANCH).idle == ""


def test_when_the_answers_are_the_branch_s() -> None:
    record = {"chosen_on_held_out_rows": True, "branch_factor": 0.9, "network_right": 0.4, "branch_right": 0.9}
    assert only_the_branch(record, 0.35, 0.001) == (
        "The recurrent network learned next to nothing: 0.4000 of the rows held out right, and 0.3500 by the most "
        "frequent answer. The linear branch beside it answers (0.9000 alone); for a network that adds to it give more "
        "epochs or rows, or another learning rate than 0.001."
    )
    assert "give more minutes or rows, or" in only_the_branch(record, 0.35, 0.001, time_is_up=True)
    # A quarter of the way from 0.5 to 0.9 is 0.6.
    assert only_the_branch({**record, "network_right": 0.59}, 0.5, 0.001)
    for change in (
        {"network_right": 0.61}, {"branch_right": 0.5}, {"branch_factor": 0.0}, {"chosen_on_held_out_rows": False},
    ):  # fmt: skip
        assert only_the_branch({**record, **change}, 0.5, 0.001) == ""
    assert only_the_branch(None, 0.5, 0.001) == ""
    # Where too few rows are held out to choose, a network has no factor only if it is worse than guessing.
    few = {**record, "chosen_on_held_out_rows": False, "network_factor": 0.3}
    assert only_the_branch(few, 0.35, 0.001) == ""
    assert only_the_branch({**few, "network_factor": 0.0}, 0.35, 0.001) == only_the_branch(record, 0.35, 0.001)
    assert "on the rows it learned from it is worse than guessing. The linear branch" in only_the_branch(
        {**few, "network_factor": 0.0}, None, 0.001
    )


@pytest.mark.parametrize("validation", [0.2, 0.0])
def test_a_network_that_diverged_does_not_drown_the_branch_of_few_rows(validation: float) -> None:
    wild = train(count=80, training=HELD.replace(learning_rate=1000.0, validation=validation), branch=BRANCH)
    assert wild.bundle.record["branch"]["network_factor"] == 0
    assert wild.idle.startswith("The recurrent network learned next to nothing: ")
    assert right(wild.bundle, *make_rows(80)) > 0.9
    tame = train(count=80, training=HELD.replace(validation=validation), branch=BRANCH)
    assert tame.bundle.record["branch"]["network_factor"] > 0
    assert tame.idle == ""
