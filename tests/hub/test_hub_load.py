"""Models are loaded from the hub, from the cache, and not from elsewhere."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from bundles import make_bundle
from model_hub import TOKEN, ModelHub, Repository
from rows import make_rows, write_news

import recurra
from recurra.bundle import Bundle, write_bundle
from recurra.bundle.format import encode
from recurra.cli import main
from recurra.errors import HubError, SettingsError
from recurra.hub import HubAddress, local_path
from recurra.hub.address import display_folder
from recurra.hub.client import hub_errors
from recurra.presets import TrainingSettings
from recurra.runtime import Model
from recurra.serving.model_registry import paths_by_name

TEXTS = ["oil prices rise again", "the team wins", ""]
Lines = Callable[..., tuple[int, str, str]]


def complaint(address: str) -> HubError:
    with pytest.raises(HubError) as caught:
        recurra.load(address)
    assert "\n" not in str(caught.value)
    return caught.value


def trainable(*labels: str) -> Bundle:
    """A model of random weights with the record that a warm start needs."""
    return replace(make_bundle(labels=labels), record={"training": TrainingSettings(epochs=1).to_dict()})


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Lines:
    """Runs ``recurra``: its code, and what it printed."""

    def run(*words: object) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main([str(word) for word in words])
        return code, *capsys.readouterr()

    return run


def test_a_model_is_loaded_and_kept(hub: ModelHub, tmp_path: Path) -> None:
    hub.repositories["owner/news"].commit({"weights.pkl": b"!", "README.md": b"---\n---\n"})
    model = recurra.load("hf://owner/news")
    np.testing.assert_array_equal(model.predict_proba(TEXTS), Model(make_bundle()).predict_proba(TEXTS))
    assert {word.rsplit("/", 1)[1] for word in hub.asked} == {"model.safetensors"}
    assert [word for word in hub.asked if word.startswith("GET")] == ["GET /owner/news/resolve/main/model.safetensors"]
    recurra.load("hf://owner/news")
    assert sum(word.startswith("GET") for word in hub.asked) == 1
    files = {
        path.name for path in (tmp_path / "hub").rglob("*") if path.is_symlink() or path.parent.name == "snapshots"
    }
    assert "weights.pkl" not in files
    assert hub.tokens == {""}


def test_a_new_commit_is_fetched_and_an_old_one_named_by_its_revision(hub: ModelHub) -> None:
    repository = hub.repositories["owner/news"]
    first = repository.heads["main"]
    recurra.load("hf://owner/news")
    repository.commit({"model.safetensors": encode(make_bundle(cell="gru"))})
    repository.heads["refs/pr/1"] = repository.heads["v1.0"] = first
    assert recurra.load("hf://owner/news").settings.cell == "gru"
    for revision in ("v1.0", first, "refs/pr/1"):
        assert recurra.load(f"hf://owner/news@{revision}").settings.cell == "lstm"


def test_without_the_hub_the_cache_answers(
    hub: ModelHub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    recurra.load("hf://owner/news")
    hub.fail_with = 503
    recurra.load("hf://owner/news")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{taken.getsockname()[1]}")
        capsys.readouterr()
        recurra.load("hf://owner/news")
        assert capsys.readouterr().err == "The hub cannot be reached: hf://owner/news is read from the cache.\n"
        error = complaint("hf://owner/other")
    assert error.received.startswith("The hub cannot be reached for hf://owner/other (Connect")
    assert "HF_ENDPOINT" in error.hint


def test_a_model_that_is_no_longer_there_does_not_come_from_the_cache(hub: ModelHub) -> None:
    recurra.load("hf://owner/news")
    del hub.repositories["owner/news"]
    assert complaint("hf://owner/news").received == "There is no hf://owner/news, or you may not see it"


def test_a_private_model_needs_the_token(hub: ModelHub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.repositories["owner/news"].private = True
    assert "hf auth login" in complaint("hf://owner/news").hint
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    assert recurra.load("hf://owner/news").classes_.tolist() == ["a", "b", "c"]
    assert TOKEN in hub.tokens


def test_what_the_hub_refuses_is_one_line(hub: ModelHub) -> None:
    hub.repositories["owner/gated"] = Repository(gated=True)
    hub.repositories["owner/empty"] = Repository()
    hub.repositories["owner/empty"].commit({"README.md": b""})
    assert complaint("hf://owner/none").received == "There is no hf://owner/none, or you may not see it"
    assert complaint("hf://owner/gated").received == "hf://owner/gated is gated"
    assert complaint("hf://owner/empty").received == "hf://owner/empty holds no model.safetensors"
    assert complaint("hf://owner/news@v9").received == "owner/news has no revision 'v9'"
    hub.fail_with = 500
    assert complaint("hf://owner/news").received.startswith("The hub failed at hf://owner/news (")


@pytest.mark.parametrize(
    ("headers", "received"),
    [
        ({"X-Linked-Size": str(4 * 2**30 + 1)}, "has 4,294,967,297 bytes, and the limit of a model is 4,294,967,296"),
        ({"X-Repo-Commit": "../../../outside"}, "has '../../../outside' for its commit"),
        ({"ETag": '"../../outside"'}, "has '../../outside' for its ETag"),
        ({"ETag": ""}, "for its ETag"),
    ],
)
def test_a_file_that_is_too_large_or_leads_outside_is_not_fetched(
    hub: ModelHub, tmp_path: Path, headers: dict[str, str], received: str
) -> None:
    hub.headers_of_files = headers
    assert received in complaint("hf://owner/news").received
    assert not [word for word in hub.asked if word.startswith("GET")]
    assert not (tmp_path / "hub").exists()


@pytest.mark.timeout(60)
def test_a_body_longer_than_announced_is_cut_off(hub: ModelHub, tmp_path: Path, command: Lines) -> None:
    hub.bytes_behind = 2**36
    size = len(encode(make_bundle()))
    received = f"The hub sends more than the {size:,} bytes that it announced for the model.safetensors of hf://owner"
    code, out, err = command("predict", "hf://owner/news", "oil prices")
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert err.startswith(f"recurra: error: {received}")
    # The library reads parts of 10 MiB, and the system's buffers hold some more.
    assert hub.bytes_sent < 2**26
    fetched = [path for path in (tmp_path / "hub" / "models--owner--news").rglob("*") if path.is_file()]
    assert [path.name for path in fetched if path.name != "main"] == []
    hub.bytes_behind = 0
    assert recurra.load("hf://owner/news").classes_.tolist() == ["a", "b", "c"]


@pytest.mark.parametrize(
    "address",
    [
        "hf://",
        "hf://news",
        "hf://owner/",
        "hf://owner/news/model.safetensors",
        "hf://owner/news/../other",
        "hf://owner/..",
        "hf://../news",
        "hf://owner/a..b",
        "hf://owner/a--b",
        "hf://owner/news@",
        "hf://owner/news@../../x",
        "hf://owner/news@/etc",
        "hf://owner/news@a//b",
        "hf://owner/news?x=1",
        "hf://owner/new\ns",
        "hf://owner/news\n",
        "hf://owner/" + "n" * 100_000,
    ],
)
def test_an_address_leads_to_a_repository_and_nowhere_else(hub: ModelHub, address: str) -> None:
    with pytest.raises(SettingsError) as caught:
        recurra.load(address)
    error = caught.value
    assert "\n" not in str(error)
    assert error.received.endswith(" is no address of a model on the hub")
    assert len(error.received) < 200
    assert "hf://owner/name@revision" in error.hint
    assert hub.asked == []


def test_paths_are_paths(tmp_path: Path) -> None:
    assert local_path("owner/news") == "owner/news"
    assert local_path(tmp_path) is tmp_path
    assert str(HubAddress.parse("owner/news@v1")) == "hf://owner/news@v1"


def test_a_hub_that_holds_something_else(hub: ModelHub) -> None:
    hub.repositories["owner/news"].commit({"model.safetensors": b"nothing of the kind"})
    with pytest.raises(recurra.errors.ModelFileError, match="no safetensors file"):
        recurra.load("hf://owner/news")


def test_without_the_library_the_hint_is_the_install(tmp_path: Path) -> None:
    program = "import sys; sys.modules['huggingface_hub'] = None; import recurra; recurra.load(sys.argv[1])"
    write_bundle(make_bundle(), tmp_path / "model.safetensors")
    path = str(tmp_path / "model.safetensors")
    assert subprocess.run([sys.executable, "-c", program, path], check=False).returncode == 0
    ended = subprocess.run(
        [sys.executable, "-c", program, "hf://owner/news"], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1].endswith("which is not installed. Run: pip install 'recurra[hub]'")


def test_the_library_is_imported_for_the_hub_alone() -> None:
    program = "import sys; import recurra.cli, recurra.runtime; sys.exit('huggingface_hub' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_offline_by_the_library_s_own_setting(hub: ModelHub, tmp_path: Path) -> None:
    recurra.load("hf://owner/news")
    program = (
        "import sys, recurra\nprint(recurra.load('hf://owner/news').classes_.tolist())\n"
        "try: recurra.load('hf://owner/other')\nexcept recurra.errors.HubError as error: print(error)"
    )
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HUB_CACHE": str(tmp_path / "hub")}
    asked = len(hub.asked)
    ended = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    loaded, error = ended.stdout.splitlines()
    assert (loaded, ended.stderr) == ("['a', 'b', 'c']", "")
    assert error == (
        "hf://owner/other is not in the cache, and HF_HUB_OFFLINE asks for no network. "
        "Unset HF_HUB_OFFLINE to fetch it, or give the path of a model file."
    )
    assert len(hub.asked) == asked


def test_a_command_with_a_wrong_address_is_wrong_usage(hub: ModelHub, command: Lines) -> None:
    code, _, err = command("predict", "hf://owner", "oil")
    assert code == 2
    assert "hf://owner/name" in err
    assert hub.asked == []


def test_commands_take_the_address_for_a_model(hub: ModelHub, tmp_path: Path, command: Lines) -> None:
    bundle = trainable("money", "sport", "tech", "world")
    hub.repositories["owner/news"].commit({"model.safetensors": encode(bundle)})
    hub.repositories["other/news"] = Repository()
    hub.repositories["other/news"].commit({"model.safetensors": encode(trainable(*map(str, bundle.labels.classes)))})
    news, address = write_news(tmp_path / "news.csv", 40), "hf://owner/news"
    code, out, err = command("predict", address, "oil prices", "--json")
    assert (code, err) == (0, "")
    wanted = Model(bundle).predict_proba(["oil prices"])[0].tolist()
    assert sorted(json.loads(out)[0]["probabilities"].values()) == pytest.approx(sorted(wanted))
    for words in (
        ["info", address],
        ["evaluate", address, news],
        ["score", address, news, "--out", tmp_path / "scored.csv"],
        ["inspect", address, "oil prices"],
        ["inspect", address, "hf://other/news", "--view", "gradients", "--data", news],
        ["export", address, "--int8", "--out", tmp_path / "small.safetensors"],
        ["check", news, "--model", address],
        ["train", news, "--from", address, "--epochs", "1", "--out", tmp_path / "run"],
    ):
        code, out, err = command(*words)
        assert (code, err) == (0, ""), words
    code, out, err = command("compare", address, "hf://other/news", "--on", "oil prices", "--json")
    assert (code, err) == (0, "")
    commits = [hub.repositories[f"{owner}/news"].heads["main"][:7] for owner in ("owner", "other")]
    assert [one["model"] for one in json.loads(out)["models"]] == [f"news@{commit}" for commit in commits]
    code, out, err = command("predict", "hf://owner/none", "oil prices")
    assert (code, out) == (1, "")
    assert err.startswith("recurra: error: There is no hf://owner/none, or you may not see it. Check the name")
    assert err.count("\n") == 1


def test_commands_call_a_model_what_the_user_called_it(hub: ModelHub, command: Lines, tmp_path: Path) -> None:
    news, address = write_news(tmp_path / "news.csv", 40), "hf://owner/news"
    hub.repositories["owner/news"].commit({"model.safetensors": encode(trainable("money", "sport", "tech", "world"))})
    for words in (
        ["info", address],
        ["evaluate", address, news],
        ["score", address, news, "--out", tmp_path / "scored.csv"],
        ["export", address, "--int8", "--out", tmp_path / "small.safetensors"],
        ["inspect", address, "--view", "states", "--data", news],
    ):
        code, out, err = command(*words, "--json")
        assert (code, err) == (0, ""), words
        assert json.loads(out)["model"] == address, words
    assert json.loads(command("inspect", address, "oil prices", "--json")[1])[0]["model"] == address
    checked = json.loads(command("check", news, "--model", address, "--json")[1])
    assert checked["words"]["whose"] == f"of {address}"


def test_quiet_commands_say_nothing_of_fetching(hub: ModelHub, command: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    assert command("info", "hf://owner/news", "--json")[0] == 0
    hub.fail_with = 503
    told = command("info", "hf://owner/news", "--json")
    assert (told[0], told[2]) == (0, "The hub cannot be reached: hf://owner/news is read from the cache.\n")
    # Also where the option follows the model.
    assert command("info", "hf://owner/news", "--json", "--quiet") == (0, told[1], "")
    assert command("info", "hf://owner/news", "--json") == told


@pytest.mark.parametrize("quiet", [False, True])
def test_bars_of_fetching_are_for_terminals_that_are_not_quiet(quiet: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import utils

    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    before = utils.are_progress_bars_disabled()
    with hub_errors(HubAddress("owner/news"), quiet=quiet):
        assert utils.are_progress_bars_disabled() == (quiet or before)
    assert utils.are_progress_bars_disabled() == before


def test_a_service_names_models_after_their_repositories(hub: ModelHub) -> None:
    named = paths_by_name(["hf://owner/news", "mine=hf://owner/news@main"])
    assert list(named) == ["news", "mine"]
    assert {path.name for path in named.values()} == {"model.safetensors"}


def test_a_folder_is_named_after_the_repository_in_the_cache_alone() -> None:
    cached = Path("/cache/hub/models--owner--news/snapshots/0123456789abcdef/model.safetensors")
    assert str(display_folder(cached)) == "owner/news@0123456"
    for path in ("runs/news/model.safetensors", "model.safetensors", "a/models--b/snapshots/c/model.safetensors"):
        assert display_folder(Path(path)) == Path(path).parent


def test_a_warm_start_from_the_hub(hub: ModelHub) -> None:
    hub.repositories["owner/news"].commit({"model.safetensors": encode(trainable("a", "b"))})
    pairs, topics = make_rows(32)
    with pytest.warns(UserWarning, match="it may forget them"):
        fitted = recurra.TextClassifier(epochs=1).fit([text for _, text in pairs], topics, initial="hf://owner/news")
    assert set(fitted.classes_) == {"a", "b", *topics}
