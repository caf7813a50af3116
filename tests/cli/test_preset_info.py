"""``recurra info PRESET``: every setting with its meaning."""

from __future__ import annotations

from pathlib import Path

import pytest
from commands import Run, check_failed

from recurra.networks.settings import NetworkSettings
from recurra.presets import load_preset


def test_all_settings_with_their_meaning(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    ran = run("info", "default")
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert max(map(len, lines)) <= 80
    for group in load_preset("default").sections().values():
        for name in group.to_dict():
            assert sum(line.startswith(f"{name} = ") for line in lines) >= 1
    assert lines[lines.index("bidirectional = true  (default false)") + 1] == "    read in both directions."
    assert "max_tokens = 512  (default –)" in lines
    assert "hidden = 64" in lines
    # What differs where characters are read.
    assert "hidden = 96" in lines[lines.index("[characters]  (where tokens = auto chooses characters)") :]
    quiet = run("info", "default", "--quiet").out.splitlines()
    assert "hidden = 64" in quiet
    assert not any(line.startswith("    ") for line in quiet)


def test_json(run: Run) -> None:
    values = run("info", "lesson/gru", "--json").json
    assert values.keys() == {"preset", "about", "base", "settings", "characters"}
    settings = {one["name"]: one for one in values["settings"]}
    assert settings["input"] == {
        "section": "network",
        "name": "input",
        "value": "embedding",
        "default": "embedding",
        "choices": ["embedding", "one_hot"],
        "meaning": NetworkSettings.meanings()["input"],
    }
    assert settings["cell"]["value"] == "gru"


def test_your_own_preset_and_a_model_file_that_is_called_like_one(run: Run, model: Path) -> None:
    Path("own.toml").write_text("[network]\nhidden = 7\n")
    assert "hidden = 7  (default 64)" in run("info", "own.toml").out.splitlines()
    check_failed(run("info", "gone.toml"), 2, "The preset gone.toml cannot be read")
    check_failed(run("info", "default", "--card"), 2, "--card is given with the preset default")
    model.rename("default")
    assert "classes" in run("info", "default", "--json").json
