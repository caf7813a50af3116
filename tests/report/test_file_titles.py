"""What files are called in titles."""

from __future__ import annotations

from recurra.report.file_titles import file_title, file_titles


def test_a_file_is_called_by_its_name_and_a_model_by_its_folder() -> None:
    assert file_title("/home/me/news/test.csv") == "test.csv"
    assert file_title("runs/news/model.safetensors") == "news"
    assert file_title("runs/news.safetensors") == "news.safetensors"
    assert file_title("/model.safetensors") == "/model.safetensors"
    for name in ("AG News", "model.safetensors", "hf://owner/name", "-"):
        assert file_title(name) == name


def test_files_of_one_name_are_told_apart_by_their_folders() -> None:
    models = ["/a/x/model.safetensors", "/a/y/model.safetensors", "/b/x/model.safetensors"]
    assert file_titles(models) == ["a/x", "y", "b/x"]
    assert file_titles(["train/rows.csv", "test/rows.csv"]) == ["train/rows.csv", "test/rows.csv"]
    assert file_titles(["rows.csv", "rows.csv"]) == ["rows.csv", "rows.csv"]
