"""``recurra push``: what is written to the hub, and when nothing is."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from bundles import make_bundle
from model_hub import TOKEN, ModelHub, Repository

import recurra
from recurra.bundle import write_bundle
from recurra.cli import main
from recurra.errors import HubError, SettingsError
from recurra.hub import push
from recurra.runtime import Model

# The library gives its HTTP client a file in a way that its newer versions warn of.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")
TEXTS = ["oil prices rise again", "the team wins", ""]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    write_bundle(make_bundle(cell="gru"), tmp_path / "model.safetensors")
    return tmp_path / "model.safetensors"


def head_of(hub: ModelHub, repository: str) -> dict[str, bytes]:
    found = hub.repositories[repository]
    return found.commits[found.heads["main"]]


def front_matter(card: bytes) -> dict[str, object]:
    head = yaml.safe_load(card.decode().split("---\n")[1])
    assert isinstance(head, dict)
    return head


def complaint(model: Path, repository: str, **options: object) -> HubError:
    with pytest.raises(HubError) as caught:
        push(model, repository, **options)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.mark.usefixtures("logged_in")
def test_the_model_and_its_card_are_one_commit_that_loads(
    hub: ModelHub, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["push", str(model), "owner/new", "--json"]) == 0
    out, err = capsys.readouterr()
    told = json.loads(out)
    (commit,) = hub.repositories["owner/new"].commits
    assert told == {
        "model": str(model),
        "bytes": model.stat().st_size,
        "address": "hf://owner/new",
        "url": f"{hub.address}/owner/new/commit/{commit}",
        "revision": commit,
        "private": False,
        "files": ["model.safetensors", "README.md"],
        "notes": [],
    }
    assert err == ""
    files = head_of(hub, "owner/new")
    assert files.keys() == {"model.safetensors", "README.md"}
    assert files["model.safetensors"] == model.read_bytes()
    head = front_matter(files["README.md"])
    assert (head["library_name"], head["pipeline_tag"]) == ("recurra", "text-classification")
    assert "license" not in head
    assert "language" not in head
    card = files["README.md"].decode()
    assert 'recurra.load("hf://owner/new")' in card
    assert "$ recurra predict hf://owner/new 'a text'" in card
    found = recurra.load(told["address"]).predict_proba(TEXTS)
    np.testing.assert_array_equal(found, Model(make_bundle(cell="gru")).predict_proba(TEXTS))
    assert TOKEN not in out


@pytest.mark.usefixtures("logged_in")
def test_lines_for_people(hub: ModelHub, model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["push", str(model), "hf://owner/new", "--private"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "files: model.safetensors, README.md, seen by its owner alone"
    assert lines[1].startswith(f"commit: {hub.address}/owner/new/commit/")
    assert lines[2] == "model: hf://owner/new"
    assert hub.repositories["owner/new"].private
    assert main(["push", str(model), "owner/new", "--quiet"]) == 0
    assert capsys.readouterr().out == "model: hf://owner/new\n"


@pytest.mark.usefixtures("logged_in")
def test_the_card_names_licence_and_languages_that_were_given(hub: ModelHub, model: Path) -> None:
    push(model, "owner/new", licence="mit", languages=["en", "fr"])
    card = head_of(hub, "owner/new")["README.md"]
    head = front_matter(card)
    assert (head["license"], head["language"]) == ("mit", ["en", "fr"])
    assert b"The licence of the data, and what harm" in card
    segmented = replace(make_bundle(), text=make_bundle().text.replace(tokens="sudachi"))
    write_bundle(segmented, model)
    push(model, "owner/words")
    assert front_matter(head_of(hub, "owner/words")["README.md"])["language"] == ["ja"]
    assert "Correct that" in complaint(model, "owner/new", licence="none-such").hint
    assert "must be one of [mit" in complaint(model, "owner/new", licence="none-such").received


@pytest.mark.usefixtures("logged_in")
def test_a_card_that_is_there_is_replaced_or_kept(hub: ModelHub, model: Path) -> None:
    hub.repositories["owner/news"].commit({"README.md": b"by hand"})
    assert push(model, "owner/news", keep_card=True).files == ["model.safetensors"]
    assert head_of(hub, "owner/news")["README.md"] == b"by hand"
    assert head_of(hub, "owner/news")["model.safetensors"] == model.read_bytes()
    push(model, "owner/news")
    assert head_of(hub, "owner/news")["README.md"] != b"by hand"
    assert push(model, "owner/new", keep_card=True).files == ["model.safetensors", "README.md"]


@pytest.mark.usefixtures("logged_in")
def test_what_should_be_private_is_never_written_to_a_public_repository(hub: ModelHub, model: Path) -> None:
    before = dict(head_of(hub, "owner/news"))
    assert complaint(model, "owner/news", private=True).received == "hf://owner/news exists and is public"
    assert head_of(hub, "owner/news") == before
    hub.repositories["owner/own"] = Repository(private=True)
    assert push(model, "owner/own").private


def test_without_a_token_or_a_right_to_write_nothing_is_written(
    hub: ModelHub, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = complaint(model, "owner/new")
    assert error.received.startswith("The hub refuses access to hf://owner/new (")
    assert "hf auth login" in error.hint
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    assert complaint(model, "stranger/new").received.startswith("The hub refuses access to hf://stranger/new (")
    assert hub.repositories.keys() == {"owner/news"}


@pytest.mark.usefixtures("logged_in")
def test_what_is_no_model_never_reaches_the_hub(
    hub: ModelHub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "other.safetensors").write_bytes(b"nothing of the kind")
    for name, said in (("other.safetensors", "no safetensors file"), ("none.safetensors", "There is no file")):
        assert main(["push", str(tmp_path / name), "owner/new"]) == 1
        (line,) = capsys.readouterr().err.splitlines()
        assert said in line
    assert hub.asked == []


@pytest.mark.usefixtures("logged_in")
@pytest.mark.parametrize("repository", ["news", "owner/news/more", "owner/../x", "owner/news@v1", ""])
def test_what_is_no_repository_is_named(hub: ModelHub, model: Path, repository: str) -> None:
    with pytest.raises(SettingsError, match=r"Write (OWNER/NAME|owner/news)"):
        push(model, repository)
    assert main(["push", str(model), repository]) == 2
    assert hub.asked == []


def test_a_hub_that_is_not_there(hub: ModelHub, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert complaint(model, "owner/new").received.startswith("The hub cannot be reached for hf://owner/new (Connect")


def test_without_the_library_the_hint_is_the_install(model: Path) -> None:
    program = (
        "import sys; sys.modules['huggingface_hub'] = None; from recurra.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", program, "push", str(model), "owner/new"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (1, "")
    (line,) = ended.stderr.splitlines()
    assert line.endswith("which is not installed. Run: pip install 'recurra[hub]'")
