"""The documents that a model is given to predict, of whatever kind."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterable
from typing import cast

import numpy as np

from recurra.data.documents import Document, no_texts
from recurra.data.model_columns import ModelColumns
from recurra.errors import DataError
from recurra.text.arrow import ArrowStrings, from_arrow, is_arrow
from recurra.text.buffer import TextBuffer

__all__ = ["given_documents"]

_log = logging.getLogger("recurra.runtime.model")


def given_documents(
    documents: Iterable[Document] | ArrowStrings | TextBuffer, columns: ModelColumns | None, *, titles: bool
) -> list[Document] | TextBuffer:
    """Arrow strings as a buffer without copying, and anything else as a list; of a table the model's columns."""
    # Readers of tables are imported on demand: prediction starts faster without.
    from recurra.data.frames import has_no_rows, is_frame

    if is_frame(documents):
        if has_no_rows(documents):
            return []
        from recurra.data.read import read_frame

        table = read_frame(documents, model=columns, guess=False, titles=titles)
        for note in table.notes:
            _log.log(logging.WARNING if note in table.warnings else logging.INFO, "%s: %s", table.source, note)
        return table.documents
    if is_arrow(documents):
        # Of a column of pandas or Polars; Arrow arrays come from files as well, where a missing text is an empty one.
        find_missing = getattr(documents, "isna", None) or getattr(documents, "is_null", None)
        if type(documents).__name__ == "Series" and find_missing is not None:
            missing = np.flatnonzero(np.asarray(find_missing()))
            if len(missing):
                raise no_texts(missing.tolist())
        # pandas exports its strings only if pyarrow is installed; otherwise they are converted to a list.
        with contextlib.suppress(ImportError):
            return from_arrow(documents)
    if isinstance(documents, TextBuffer):
        return documents
    if isinstance(documents, str):
        raise DataError(f"predict was given one text: {documents[:80]!r}", "Give a list of texts: predict([text]).")
    if hasattr(documents, "requires_grad"):
        raise DataError("predict was given a tensor of torch", "Give a list of texts, without a vectorizer.")
    try:
        return list(cast("Iterable[Document]", documents))
    except TypeError as error:
        raise DataError(
            f"predict was given {documents!r:.80} ({type(documents).__name__})", "Give a list of texts."
        ) from error
