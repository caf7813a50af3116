"""State dicts of torch modules answer here as the modules do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from recurra.bundle import write_bundle
from recurra.errors import DataError, ModelFileError, RecurraError, SettingsError
from recurra.importing.model import import_model
from recurra.importing.options import ImportOptions
from recurra.runtime import load

TOLERANCE = 1e-5
ROWS, SIZE, HIDDEN, CLASSES, DOCUMENTS = 60, 7, 5, 4, 1_000
CELLS = {"simple_rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}


class Classifier(nn.Module):
    """What a tutorial on torch builds."""

    def __init__(
        self,
        cell: str,
        layers: int = 1,
        *,
        both: bool = False,
        pooling: str = "last",
        classes: int = CLASSES,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.pooling = pooling
        self.embed = nn.Embedding(ROWS, SIZE, padding_idx=0)
        self.rnn = CELLS[cell](SIZE, HIDDEN, layers, bidirectional=both, batch_first=True, bias=bias)
        self.head = nn.Linear(HIDDEN * (1 + both), classes)
        with torch.no_grad():
            for name, weight in self.named_parameters():
                # With larger recurrent weights a SimpleRNN multiplies the rounding of float32.
                weight.normal_(0, 0.5 if name.startswith("rnn") else 1.5)

    def forward(self, ids: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """Logits of padded documents."""
        packed = pack_padded_sequence(self.embed(ids), lengths, batch_first=True, enforce_sorted=False)
        states, last = self.rnn(packed)
        hidden = last[0] if isinstance(last, tuple) else last
        if self.pooling == "last":
            return self.head(torch.cat(list(hidden[-2:] if self.rnn.bidirectional else hidden[-1:]), 1))
        every, _ = pad_packed_sequence(states, batch_first=True)
        there = (torch.arange(every.shape[1]) < lengths[:, None])[..., None]
        if self.pooling == "max":
            return self.head(every.masked_fill(~there, -torch.inf).amax(1))
        return self.head((every * there).sum(1) / lengths[:, None])


def documents(seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Ids of 1,000 documents of 1 to 20 tokens, 1 (unknown) among them, and their lengths."""
    generator = torch.Generator().manual_seed(seed)
    lengths = torch.randint(1, 21, (DOCUMENTS,), generator=generator)
    ids = torch.randint(1, ROWS, (DOCUMENTS, 20), generator=generator)
    return ids * (torch.arange(20) < lengths[:, None]), lengths


def texts_of(ids: torch.Tensor) -> list[str]:
    """Documents as texts; what is not in the vocabulary is unknown."""
    return [" ".join(f"w{token}" if token > 1 else "never" for token in row if token) for row in ids.tolist()]


def words(path: Path, *special: str) -> Path:
    """Writes the vocabulary, with special tokens before it."""
    path.write_text("\n".join([*special, *(f"w{token}" for token in range(2, ROWS))]), encoding="utf-8")
    return path


def answers(module: nn.Module, folder: Path, texts: list[str], options: ImportOptions) -> np.ndarray:
    """Probabilities by the model file that is made of a module's state dict."""
    save_file(module.state_dict(), folder / "state.safetensors")
    write_bundle(import_model(folder / "state.safetensors", options).bundle, folder / "model.safetensors")
    return load(folder / "model.safetensors").predict_proba(texts)


@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", CELLS)
def test_every_cell_answers_as_in_torch(cell: str, layers: int, both: bool, tmp_path: Path) -> None:
    torch.manual_seed(layers)
    module, (ids, lengths) = Classifier(cell, layers, both=both).eval(), documents(3)
    with torch.no_grad():
        theirs = module(ids, lengths).softmax(1).numpy()
    options = ImportOptions(tokens="words", pooling="last", vocabulary=words(tmp_path / "words.txt"))
    ours = answers(module, tmp_path, texts_of(ids), options)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=TOLERANCE)
    assert np.ptp(theirs, axis=0).max() > 0.1


@pytest.mark.parametrize(
    ("missing", "said"), [(0, None), (1, "its last row is never"), (3, "its last 3 rows are never")]
)
def test_rows_that_no_token_of_the_vocabulary_has_are_named(missing: int, said: str | None, tmp_path: Path) -> None:
    save_file(Classifier("gru").state_dict(), tmp_path / "state.safetensors")
    listed = [f"w{token}" for token in range(2, ROWS - missing)]
    options = ImportOptions(tokens="words", pooling="last", vocabulary=listed)
    notes = [one for one in import_model(tmp_path / "state.safetensors", options).notes if "the embedding has" in one]
    assert len(notes) == (said is not None)
    assert said is None or said in notes[0]


@pytest.mark.parametrize("pooling", ["mean", "max"])
def test_poolings_are_those_of_torch(pooling: str, tmp_path: Path) -> None:
    torch.manual_seed(1)
    module, (ids, lengths) = Classifier("gru", both=True, pooling=pooling).eval(), documents(4)
    with torch.no_grad():
        theirs = module(ids, lengths).softmax(1).numpy()
    options = ImportOptions(tokens="words", pooling=pooling, vocabulary=words(tmp_path / "w.txt", "<pad>", "<unk>"))
    np.testing.assert_allclose(answers(module, tmp_path, texts_of(ids), options), theirs, rtol=0, atol=TOLERANCE)


def test_the_unknown_token_may_come_before_the_pad(tmp_path: Path) -> None:
    torch.manual_seed(2)
    module, (ids, lengths) = Classifier("lstm").eval(), documents(5)
    # In this vocabulary id 0 is the unknown token and id 1 the pad.
    turned = torch.where(ids == 0, 1, torch.where(ids == 1, 0, ids))
    with torch.no_grad():
        theirs = module(turned, lengths).softmax(1).numpy()
    options = ImportOptions(tokens="words", pooling="last", vocabulary=words(tmp_path / "w.txt", "<unk>", "<pad>"))
    np.testing.assert_allclose(answers(module, tmp_path, texts_of(ids), options), theirs, rtol=0, atol=TOLERANCE)


def test_pads_that_are_read_as_words(tmp_path: Path) -> None:
    torch.manual_seed(3)
    module, (ids, _) = Classifier("gru").eval(), documents(6)
    with torch.no_grad():
        theirs = module(ids, torch.full((DOCUMENTS,), 20)).softmax(1).numpy()
    options = ImportOptions(tokens="words", pooling="last", vocabulary=words(tmp_path / "w.txt"), pad_to=20)
    np.testing.assert_allclose(answers(module, tmp_path, texts_of(ids), options), theirs, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize(("classes", "several"), [(1, False), (3, True)])
def test_outputs_with_a_sigmoid(classes: int, several: bool, tmp_path: Path) -> None:
    torch.manual_seed(4)
    module, (ids, lengths) = Classifier("simple_rnn", classes=classes, bias=False).eval(), documents(7)
    with torch.no_grad():
        theirs = module(ids, lengths).sigmoid().numpy()
    options = ImportOptions(tokens="words", pooling="last", vocabulary=words(tmp_path / "w.txt"), multi_label=several)
    ours = answers(module, tmp_path, texts_of(ids), options)
    np.testing.assert_allclose(ours if several else ours[:, 1:], theirs, rtol=0, atol=TOLERANCE)


def test_half_precision_is_read_as_it_is(tmp_path: Path) -> None:
    torch.manual_seed(5)
    module = Classifier("lstm").half()
    options = ImportOptions(tokens="words", pooling="last", vocabulary=words(tmp_path / "w.txt"))
    save_file(module.state_dict(), tmp_path / "state.safetensors")
    bundle = import_model(tmp_path / "state.safetensors", options).bundle
    np.testing.assert_array_equal(bundle.tensors["embedding"], module.embed.weight.detach().float().numpy())


def test_bytes_need_no_vocabulary(tmp_path: Path) -> None:
    module = Classifier("gru")
    module.embed = nn.Embedding(258, SIZE)
    save_file(module.state_dict(), tmp_path / "state.safetensors")
    bundle = import_model(tmp_path / "state.safetensors", ImportOptions(tokens="bytes", pooling="last")).bundle
    assert bundle.pipeline.encode(["az"]).values.tolist() == [2 + ord("a"), 2 + ord("z")]


class _Two(Classifier):
    def __init__(self) -> None:
        super().__init__("gru")
        self.other = nn.GRU(SIZE, HIDDEN)


class _Normed(Classifier):
    def __init__(self) -> None:
        super().__init__("gru")
        self.norm = nn.LayerNorm(HIDDEN)


class _Projected(Classifier):
    def __init__(self) -> None:
        super().__init__("lstm")
        self.rnn = nn.LSTM(SIZE, HIDDEN, proj_size=2)


class _Unbiased(Classifier):
    def __init__(self) -> None:
        super().__init__("gru")
        self.rnn = nn.GRU(HIDDEN, HIDDEN)
        self.embed = nn.Embedding(ROWS, HIDDEN)
        self.head = nn.Linear(HIDDEN, CLASSES, bias=False)


class _Bare(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(ROWS, SIZE)


@pytest.mark.parametrize(
    ("module", "changes", "kind", "received", "hint"),
    [
        (_Two, {}, ModelFileError, "recurrent weights under 'other.', 'rnn.'", "Recurra computes one nn.Embedding"),
        (_Normed, {}, ModelFileError, "weights of something else: norm.bias, norm.weight", "one nn.Linear"),
        (_Projected, {}, ModelFileError, "rnn.weight_hh_l0", "nn.LSTM"),
        (_Bare, {}, ModelFileError, "no weight_ih_l0", "nn.GRU"),
        (_Unbiased, {}, SettingsError, "embed.weight and head.weight may both be the embedding", "embedding=NAME"),
        (None, {"embedding": "nothing"}, SettingsError, "embedding 'nothing'", "embed.weight"),
        (None, {"pooling": None}, SettingsError, "how the states become one vector", "Give pooling last, max or mean"),
        (None, {"pooling": "last,last"}, SettingsError, "pooling is 'last,last'", "each once"),
        (None, {"pooling": "attention"}, SettingsError, "pooling is 'attention'", "last, max, mean"),
        (None, {"pooling": "last,max"}, ModelFileError, "head.weight has the shape [4, 5]", "pooling"),
        (None, {"tokens": None}, SettingsError, "how texts are cut", "tokens"),
        (None, {"tokens": "wrods"}, SettingsError, "wrods", "words"),
        (None, {"tokens": "auto"}, SettingsError, "tokens is auto", "words"),
        (None, {"vocabulary": None}, SettingsError, "no vocabulary", "vocabulary=FILE"),
        (None, {"labels": "a,b"}, SettingsError, "2 labels", "4 classes"),
        (None, {"labels": "a,b,b,c"}, SettingsError, "a label twice", "name of its own"),
        (None, {"labels": "labels.txt"}, SettingsError, "1 labels", "there is no file of this name"),
    ],
)  # fmt: skip
def test_what_is_refused_in_one_line(
    module: type[nn.Module] | None,
    changes: dict[str, object],
    kind: type[RecurraError],
    received: str,
    hint: str,
    tmp_path: Path,
) -> None:
    save_file((module or (lambda: Classifier("gru")))().state_dict(), tmp_path / "state.safetensors")
    options = {"tokens": "words", "pooling": "last", "vocabulary": words(tmp_path / "w.txt"), **changes}
    with pytest.raises(kind) as caught:
        import_model(tmp_path / "state.safetensors", ImportOptions(**options))  # type: ignore[arg-type]
    line = caught.value.for_commands
    assert "\n" not in line
    for part in (received, hint):
        assert part in line


def test_lists_in_place_of_files_and_of_texts_with_commas(tmp_path: Path) -> None:
    path = tmp_path / "state.safetensors"
    save_file(Classifier("gru").state_dict(), path)
    tokens = words(tmp_path / "w.txt")
    as_text = import_model(
        path, ImportOptions(tokens="words", pooling="last", vocabulary=str(tokens), labels="a,b,c,d")
    ).bundle
    listed = np.array(tokens.read_text(encoding="utf-8").split("\n"))
    for labels in (["a", "b", "c", "d"], np.array(["a", "b", "c", "d"])):
        options = ImportOptions(tokens="words", pooling=("last",), vocabulary=listed, labels=labels)
        found = import_model(path, options).bundle
        assert (found.vocabulary, found.labels, found.network) == (as_text.vocabulary, as_text.labels, as_text.network)
    options = ImportOptions(tokens="words", pooling=["last"], vocabulary=listed, labels=["1", "2", "3", "4"])
    imported = import_model(path, options)
    # As given, where a file has numbers.
    assert imported.bundle.labels.classes == ("1", "2", "3", "4")
    assert "pad_to=N reads them" in imported.notes[0]
    for changes, said in (
        ({"vocabulary": {"a", "b"}}, r"^vocabulary is .* Give a list: it has an order\.$"),
        ({"pooling": [1]}, r"^pooling holds 1\. Give a list of texts\.$"),
    ):
        with pytest.raises(SettingsError, match=said):
            ImportOptions(**changes)  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match=r"labels \['a', 'b'\] has 2 labels, .* labels='billing,bug', or a file"):
        import_model(path, replace(options, labels=["a", "b"]))
    with pytest.raises(DataError, match="labels are of 2 types"):
        import_model(path, replace(options, labels=["a", 1, 2, 3]))
    with pytest.raises(ModelFileError, match=r"^import_model takes the path of a file, .*safetensors.torch.save_file"):
        import_model(Classifier("gru"), options)  # type: ignore[arg-type]


def test_an_embedding_that_may_be_two_is_named(tmp_path: Path) -> None:
    save_file(_Unbiased().state_dict(), tmp_path / "state.safetensors")
    options = ImportOptions(tokens="words", pooling="last", vocabulary=words(tmp_path / "w.txt"), embedding="embed")
    assert import_model(tmp_path / "state.safetensors", options).bundle.tensors["embedding"].shape == (ROWS, HIDDEN)


def test_files_that_are_no_state_dict(tmp_path: Path) -> None:
    path = tmp_path / "file"
    torch.save(Classifier("gru").state_dict(), path)
    with pytest.raises(ModelFileError, match=r"holds a pickle that may run code.*safetensors\.torch\.save_file"):
        import_model(path)
    torch.save(Classifier("gru").state_dict(), path, _use_new_zipfile_serialization=False)
    with pytest.raises(ModelFileError, match=r"is a pickle, which may run code.*safetensors\.torch\.save_file"):
        import_model(path)
    path.write_text("label,text\n")
    with pytest.raises(ModelFileError, match=r"begins with b'label,te'.*\.keras or \.h5"):
        import_model(path)
    with pytest.raises(ModelFileError, match=r"is a folder, such as a SavedModel"):
        import_model(tmp_path)
    save_file({"a": torch.zeros(2, dtype=torch.int64)}, path)
    with pytest.raises(ModelFileError, match=r"'a' is 'I64', and F32, F16, F64 are read"):
        import_model(path)
