"""N-gram, subword and pooled inputs of the network, beside the linear branch: what each changes, on training rows.

    python benchmarks/own_files/network_inputs.py DATA_FOLDER --sets trec6 sst2 --variants bigrams subwords both pooled

Each set's folder has a train.csv with text and label. 15 % of its rows are kept for asking, as LOG.md says; the preset
`default` learns from the others as it is and with more inputs, stopped and joined with its branch as `recurra train`
does it. One line of JSON a set and variant: accuracy and log loss of the network alone and of both, and the paired
difference to the preset as it is. A row's difference is its mean over the seeds; the standard error is of the rows.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F

from recurra.batches import Ragged
from recurra.data.corpus import InMemoryRows
from recurra.data.split import hold_out
from recurra.evaluation.temperature import fit_temperature
from recurra.linear_branch import OpenDocuments
from recurra.linear_branch.count import count_ngrams, count_subwords
from recurra.models.batch import Batch
from recurra.models.network import UNKNOWN, Network, Output
from recurra.models.pooling import pool
from recurra.presets import Recipe, load_preset
from recurra.text.vocabulary import PAD_ID, SPECIAL_IDS
from recurra.training.branch import BranchTraining
from recurra.training.build import build
from recurra.training.callbacks import Callbacks
from recurra.training.held_out import logits
from recurra.training.loop import Trainer
from recurra.training.optimisers import register
from recurra.training.optimisers.adam import Adam
from recurra.training.prepare import TrainingData, labelled_rows, prepare, resolve_tokens
from recurra.training.run import RunOptions

SHARE, SEED = 0.15, 777
Rows = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Inputs:
    """Inputs beside the token vectors.

    Attributes:
        ngrams: tokens of the longest n-gram that ends at a token; 1 for none.
        subwords: characters of the longest n-gram of a word's characters; 0 for none.
        pooled: poolings of the token vectors that the output sees.
        min_count: how often an n-gram or subword must occur.
        drop: share of a batch's documents that learn without the n-grams, and without the subwords.
        rate: their learning rate as a multiple of the preset's.
    """

    ngrams: int = 1
    subwords: int = 0
    pooled: tuple[str, ...] = ()
    min_count: int = 2
    drop: float = 0.5
    rate: float = 1.0


VARIANTS = {
    "bigrams": Inputs(ngrams=2),
    "subwords": Inputs(subwords=5),
    "both": Inputs(ngrams=2, subwords=5),
    "up-to-5-grams": Inputs(ngrams=5),
    "pooled": Inputs(pooled=("max", "mean")),
    "pooled-mean": Inputs(pooled=("mean",)),
}


class ByAutograd(Adam):
    """Adam for networks that the compiled step does not know."""

    compiled = False


class InputNetwork(Network):
    """A network that reads open documents: each unknown word has an id of its own."""

    @classmethod
    def of(cls, plain: Network, inputs: Inputs, prepared: TrainingData, recipe: Recipe) -> InputNetwork:
        """The same network with more inputs, whose weights begin with zeros; not those of the output."""
        rows, pipeline, seed = prepared.branch_rows, prepared.pipeline, recipe.training.seed
        known, words, E = rows.rows.known, rows.rows.words, plain.settings.embedding
        longest, least = {"ngrams": inputs.ngrams, "subwords": inputs.subwords}, inputs.min_count
        counted = recipe.branch.replace(**longest, ngram_min_count=least)
        table = count_ngrams(rows.rows.ids, known, counted).table.astype(np.int64)
        counts = np.bincount(rows.rows.ids.values, minlength=known + len(words))[SPECIAL_IDS:]
        subwords = count_subwords((*pipeline.vocabulary.tokens, *words), counts, counted) if inputs.subwords else None
        weights = plain.arrays()
        W_O, size = weights["W_O"], E * len(inputs.pooled)
        more = np.random.default_rng(seed).normal(0, W_O.std(), (size, W_O.shape[1]))
        weights["W_O"] = np.concatenate([W_O, more], dtype=np.float32, casting="same_kind")
        if len(table):
            weights["ngrams"] = np.zeros((len(table) + 1, E), dtype=np.float32)
        if subwords:
            weights["subwords"] = np.zeros((len(subwords), E), dtype=np.float32)
        network = cls(plain.settings, weights)
        network.place(plain.generator.device, seed=seed)
        network.inputs, network.known, network.subwords = inputs, known, subwords
        network.vocabulary = pipeline.vocabulary.tokens
        keys = table[:, 0] << 32 | table[:, 1]
        network.order, network.keys = np.argsort(keys), np.sort(keys)
        network.use_words(words)
        return network

    def use_words(self, words: Sequence[str]) -> None:
        """Says which unknown words the ids stand for from now on."""
        if self.subwords:
            found = self.subwords.find((*self.vocabulary, *words))
            self.parts = Ragged(found.values, np.concatenate([np.zeros(SPECIAL_IDS, dtype=np.int64), found.offsets]))

    def forward(self, batch: Batch) -> Output:  # type: ignore[override]
        """See :meth:`Network.forward`."""
        self.batch = batch
        pooled = pool(self.states(batch), batch, self.settings, {})
        if self.inputs.pooled:
            shape = self.settings.replace(pooling=self.inputs.pooled)
            pooled = torch.cat([pooled, pool(self.vectors, batch, shape, {})], dim=1)
        pooled = self._dropout(pooled, self.settings.dropout)
        return Output(batch.in_batch_order(pooled @ self._weights["W_O"] + self._weights["b_O"]))

    def _inputs(self, ids: Tensor) -> Tensor:
        closed = ids.masked_fill(ids >= self.known, UNKNOWN)
        if self.training and self.settings.word_dropout:
            closed = closed.masked_fill(self.uniform(ids.shape) < self.settings.word_dropout, UNKNOWN)
        vectors = self.vectors = F.embedding(closed, self._weights["embedding"])
        if "ngrams" in self._weights and len(ids):
            rows = torch.from_numpy(self._ngrams(closed.numpy()))
            found = F.embedding(rows, self._weights["ngrams"], padding_idx=0).sum(dim=1)
            vectors = vectors + self._some_documents(found)
        if "subwords" in self._weights and len(ids):
            # A dropped word keeps its subwords: so they learn to stand for unknown words.
            words, places = np.unique(ids.numpy(), return_inverse=True)
            parts = self.parts.take(words)
            values, offsets = (torch.from_numpy(part.astype(np.int64)) for part in (parts.values, parts.offsets[:-1]))
            sums = F.embedding_bag(values, self._weights["subwords"], offsets, mode="mean")
            vectors = vectors + self._some_documents(F.embedding(torch.from_numpy(places), sums))
        return vectors

    def _some_documents(self, found: Tensor) -> Tensor:
        """What is found, for some documents of a training batch alone; Adam's steps count as the rate says."""
        if self.training:
            kept = self.uniform(torch.Size([self.batch.running])) >= self.inputs.drop
            found = found * self.batch.by_token(kept / (1 - self.inputs.drop), 0.0)[:, None]
        return found * self.inputs.rate

    def _ngrams(self, ids: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """[N, n - 1]: the rows of the known n-grams that end at each token, 0 where there is none."""
        starts, active = self.batch.packed.starts, self.batch.packed.active
        before = np.arange(len(ids)) - np.repeat(np.concatenate([active[:1], active[:-1]]), active)
        first, tokens = np.arange(len(ids)) < starts[1], np.where(ids == UNKNOWN, -1, ids)
        found, row = [], tokens
        for size in range(2, self.inputs.ngrams + 1):
            # A boundary stands before the first token.
            row = np.where(first, PAD_ID if size == 2 else -1, row[before])
            keys = row << 32 | np.maximum(tokens, 0)
            places = np.searchsorted(self.keys, keys).clip(max=len(self.keys) - 1)
            valid = (self.keys[places] == keys) & (row >= 0) & (tokens >= 0)
            row = np.where(valid, self.order[places] + self.known, -1)
            found.append(np.where(valid, self.order[places] + 1, 0))
        return np.stack(found, axis=1)


def asked_scores(inputs: Inputs | None, known: Rows, asked: Rows, seed: int) -> dict[str, Any]:
    """Of each row that is asked, whether the network and both are right and what their loss is, [asked]."""
    began = time.process_time()
    told, recipe = Callbacks(), load_preset("default").with_options({"seed": seed})
    labelled = labelled_rows(InMemoryRows(*zip(*known, strict=True)), recipe.text, told)
    recipe, _ = resolve_tokens(labelled, recipe)
    prepared = prepare(labelled, recipe.text, recipe.training, branch=recipe.branch, folder=None, callbacks=told)
    open_rows, held = prepared.branch_rows, prepared.held
    new = OpenDocuments.of(prepared.pipeline, [text for text, _ in asked])
    module, rows, documents = build(recipe, prepared, run=RunOptions(), callbacks=told), prepared.rows, new.closed
    branch = BranchTraining.of(prepared, recipe, told)
    if inputs:
        recipe = recipe.with_options({"optimiser": "adam_by_autograd"})
        module, documents = InputNetwork.of(module, inputs, prepared, recipe), new.ids
        rows, held = replace(rows, documents=open_rows.rows.ids), replace(held, documents=open_rows.held.ids)
    outcome = Trainer(module, rows, held, recipe.training, callbacks=told).run()
    before = logits(module, held.documents)
    learned = logits(module, rows.documents.take(branch.looked_at))
    joined = branch.finish(module, before, learned=learned)
    if isinstance(module, InputNetwork):
        module.use_words(new.words)
    alone = logits(module, documents).double().numpy()
    both = alone + joined.branch.logits(new) if joined.branch else alone
    alone = alone / (joined.record["network_factor"] or 1) / fit_temperature(before.double().numpy(), held.targets)
    targets = np.array([labelled.classes.classes.index(label) for _, label in asked])
    found: dict[str, Any] = {"epoch": outcome.best_epoch, "seconds": time.process_time() - began}
    for name, scores in (("network", alone), ("both", both)):
        found[f"{name} accuracy"] = (scores.argmax(axis=1) == targets).astype(float)
        found[f"{name} log loss"] = np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(len(targets)), targets]
    return found


def summary(runs: list[dict[str, Any]], before: list[dict[str, Any]]) -> dict[str, Any]:
    """Means over the seeds, with the paired difference to the runs before, its standard error and its p-value."""
    found: dict[str, Any] = {name: [round(run[name], 1) for run in runs] for name in ("epoch", "seconds")}
    for name in ("network accuracy", "network log loss", "both accuracy", "both log loss"):
        values = [round(float(run[name].mean()), 4) for run in runs]
        found[name] = {"mean": round(float(np.mean(values)), 4), "seeds": values}
        if runs is not before:
            differences = np.mean([run[name] for run in runs], axis=0) - np.mean([run[name] for run in before], axis=0)
            mean, error = float(differences.mean()), float(differences.std(ddof=1)) / math.sqrt(len(differences))
            p = math.erfc(abs(mean) / error / math.sqrt(2))
            found[name] |= {"difference": round(mean, 4), "error": round(error, 4), "p": round(p, 4)}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder of the sets")
    parser.add_argument("--sets", nargs="+", required=True)
    parser.add_argument("--variants", nargs="+", required=True, choices=list(VARIANTS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    strength: dict[str, Any] = {"min_count": 2, "drop": 0.5, "rate": 1.0}
    for name, value in strength.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(value), default=value)
    options = parser.parse_args()
    strength = {name: getattr(options, name) for name in strength}
    register("adam_by_autograd", ByAutograd)
    for name in options.sets:
        with (options.data / name / "train.csv").open(encoding="utf-8", newline="") as file:
            rows = [(row["text"], row["label"]) for row in csv.DictReader(file)]
        kept, asked = ([rows[at] for at in part] for part in hold_out([y for _, y in rows], share=SHARE, seed=SEED))
        before = [asked_scores(None, kept, asked, seed) for seed in options.seeds]
        said = {"set": name, "rows": len(kept), "asked": len(asked), "seeds": options.seeds}
        print(json.dumps(said | {"variant": "as it is"} | summary(before, before)), flush=True)
        for variant in options.variants:
            inputs = replace(VARIANTS[variant], **strength)
            runs = [asked_scores(inputs, kept, asked, seed) for seed in options.seeds]
            print(json.dumps(said | {"variant": variant} | strength | summary(runs, before)), flush=True)


if __name__ == "__main__":
    main()
