"""Several processes train as one does: the same losses and weights, whatever their number, also after a resume."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from training.together import BROKEN, COMPILED, JOBS, LOST, STEPS, Ended, Job, compiled, in_folder, together

from recurra.batches import BatchPart, Ragged, pack
from recurra.errors import SettingsError
from recurra.training import distributed
from recurra.training.checkpoint import CHECKPOINT

# Groups of processes, each of which imports torch.
pytestmark = pytest.mark.slow

# What the sums of other orders may differ by.
LOSS, WEIGHT, EXACT = 1e-5, 1e-4, 1e-9
SIZES = (2, 4)
# In the last two, batches have fewer documents with words than there are processes.
COMPARED = {
    2: ("compiled", "compiled_keras", "autograd", "unmasked", "reference"),
    4: ("compiled", "compiled_keras", "reference"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def alone(folder: Path) -> dict[str, Ended]:
    found = {name: job() for name, job in JOBS.items()}
    # The first half of a run, for four processes to go on from.
    compiled(**in_folder(folder, "by one"), steps=17)
    return found


@pytest.fixture(scope="module")
def several(folder: Path, alone: dict[str, Ended]) -> dict[int, dict[str, list[Ended]]]:
    """What each process found."""
    found = {}
    for size in SIZES:
        jobs = {name: Job(name) for name in COMPARED[size]}
        if size == 4:
            jobs[BROKEN] = Job(BROKEN)
            jobs["resumed"] = Job("compiled", {**in_folder(folder, "by one"), "resume": True})
        else:
            jobs["half"] = Job("compiled", {**in_folder(folder, "by two"), "steps": 17})
            jobs[LOST] = Job("compiled", in_folder(folder, LOST), killed_before=20)
        each = together(size, list(jobs.values()))
        found[size] = {name: [one[place] for one in each] for place, name in enumerate(jobs)}
    return found


def check_same(found: Ended, expected: Ended, *, loss: float = LOSS, weight: float = WEIGHT) -> None:
    assert len(found.losses) == len(expected.losses)
    np.testing.assert_allclose(found.losses, expected.losses, rtol=0, atol=loss)
    check_same_end(found, expected, loss=loss, weight=weight)


def check_same_end(found: Ended, expected: Ended, *, loss: float = LOSS, weight: float = WEIGHT) -> None:
    np.testing.assert_allclose(np.array(found.checks), np.array(expected.checks), rtol=0, atol=loss)
    assert found.weights.keys() == expected.weights.keys()
    for name, array in expected.weights.items():
        np.testing.assert_allclose(found.weights[name], array, rtol=0, atol=weight, err_msg=name)


@pytest.mark.parametrize(("size", "name"), [(size, name) for size in SIZES for name in COMPARED[size]])
def test_losses_and_weights_are_those_of_one_process(
    size: int, name: str, alone: dict[str, Ended], several: dict[int, dict[str, list[Ended]]]
) -> None:
    first, *others = several[size][name]
    tight = {"loss": EXACT, "weight": EXACT} if name == "reference" else {}
    assert len(alone[name].losses) >= STEPS
    check_same(first, alone[name], **tight)
    # The others have the same model to the bit, and hear of nothing.
    for other in others:
        for weight, array in first.weights.items():
            np.testing.assert_array_equal(other.weights[weight], array)


def test_all_processes_fail_with_the_words_of_one(
    alone: dict[str, Ended], several: dict[int, dict[str, list[Ended]]]
) -> None:
    assert "step 2 " in alone[BROKEN].failure
    assert [one.failure for one in several[4][BROKEN]] == [alone[BROKEN].failure] * 4


def test_touched_rows_alone_travel(several: dict[int, dict[str, list[Ended]]]) -> None:
    # 4 topics of 7 words and 4 small words, in lower case.
    words, width = 4 * 7 + 4, COMPILED.embedding
    for size in SIZES:
        (first, *_) = several[size]["compiled"]
        dense = sum(a.size for name, a in first.weights.items() if name.startswith(("layers.", "W_O", "b_O")))
        padding = 16 * sum(name.startswith(("layers.", "W_O", "b_O")) for name in first.weights)
        assert 4 * (16 + dense) < first.bytes_per_step <= 4 * (16 + dense + padding + (words + 2) * width)


def test_a_resumed_run_may_have_another_number_of_processes(
    folder: Path, alone: dict[str, Ended], several: dict[int, dict[str, list[Ended]]]
) -> None:
    check_same_end(several[4]["resumed"][0], alone["compiled"])
    # What several stop for is known to all after the next step.
    assert len(several[2]["half"][0].losses) == 18
    shutil.copytree(folder / "by two", folder / "by two, then one")
    resumed = compiled(**in_folder(folder, "by two, then one"), resume=True)
    assert len(resumed.losses) == len(alone["compiled"].losses) - 18
    check_same_end(resumed, alone["compiled"])


def test_a_process_that_is_killed_ends_the_others_and_leaves_a_good_checkpoint(
    folder: Path, alone: dict[str, Ended], several: dict[int, dict[str, list[Ended]]]
) -> None:
    (first,) = several[2][LOST]
    assert first.failure.startswith("Another process of this training has ended or does not answer (")
    assert "resume=True goes on" in first.failure
    assert "\n" not in first.failure
    assert len(first.losses) == 19
    assert (folder / LOST / CHECKPOINT).exists()
    resumed = compiled(**in_folder(folder, LOST), resume=True)
    np.testing.assert_allclose(resumed.losses, alone["compiled"].losses[19:], rtol=0, atol=LOSS)
    check_same_end(resumed, alone["compiled"])


@pytest.mark.parametrize("lengths", [[3, 0, 5, 5, 1, 2, 4], [2, 0, 0], [0, 0], [4]])
@pytest.mark.parametrize("size", [1, 2, 3, 8])
def test_parts_are_dealt_out_by_length(lengths: list[int], size: int) -> None:
    documents = Ragged.from_lists([[10 * place + step for step in range(n)] for place, n in enumerate(lengths)])
    whole = pack(documents)
    parts = [BatchPart.of(whole, rank, size) for rank in range(size)]
    dealt = np.concatenate([part.documents for part in parts if part.counted])
    assert sorted(dealt.tolist()) == list(range(len(lengths)))
    for part in parts:
        packed, expected = part.packed(), pack(documents, part.documents)
        np.testing.assert_array_equal(whole.ids[part.rows], expected.ids)
        for name in ("ids", "starts", "order", "lengths"):
            np.testing.assert_array_equal(getattr(packed, name), getattr(expected, name))
        assert len(packed.ids) > 0 or not any(lengths)


def test_contradicting_numbers_of_processes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    told = {"RANK": "2", "WORLD_SIZE": "2", "LOCAL_RANK": "0", "LOCAL_WORLD_SIZE": "2"}
    for name, value in {**told, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "1"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match="RANK=2, WORLD_SIZE=2"):
        distributed.started.__wrapped__()
    monkeypatch.delenv("MASTER_PORT")
    assert distributed.started.__wrapped__() is None
