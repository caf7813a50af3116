"""The folder that ``recurra export --web`` writes, and what is said of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from recurra.cli.output import Output, folded

if TYPE_CHECKING:
    from recurra.data.documents import Document
    from recurra.export import ExportedModel

__all__ = ["ExportedPage"]

# Rows that are read by the page in Node.js, beside the odd documents: some seconds.
ROWS = 500


class ExportedPage(NamedTuple):
    """A page that was checked.

    Attributes:
        files: contents by their paths in the folder.
        texts: on how many texts it was compared with the model.
        largest_difference: of a probability; ``None`` where there is no Node.js to compare with.
    """

    files: dict[str, bytes]
    texts: int
    largest_difference: float | None

    @classmethod
    def of(
        cls, exported: ExportedModel, name: str, documents: Sequence[Document], runtime: Mapping[str, bytes]
    ) -> ExportedPage:
        """Makes the page of a model and compares it with the model.

        Args:
            exported: the model as ONNX.
            name: the model's file.
            documents: some of them are read by the page as well.
            runtime: see :func:`recurra.export.web_runtime.read_runtime`.

        Raises:
            ModelFileError: the page answers otherwise than the model.
        """
        from recurra.export import odd_documents
        from recurra.export.web_check import browser_texts, check_in_node
        from recurra.export.web_page import page_files
        from recurra.export.web_runtime import read_notices
        from recurra.report.file_titles import file_title

        bundle = exported.bundle
        title = file_title(name).removesuffix(".safetensors")
        files = page_files(bundle, exported.data, name=title, runtime=runtime, notices=read_notices())
        texts = browser_texts([*odd_documents(bundle.pipeline), *documents[:: max(1, len(documents) // ROWS)][:ROWS]])
        return cls(files, len(texts), check_in_node(bundle, texts, files))

    def write(self, out: Path) -> str:
        """Writes the folder; what is said behind its name."""
        from recurra.export.web_page import write_page

        return ", which replaces the earlier page" if write_page(self.files, out) else ""

    def show(self, output: Output) -> None:
        """Prints how it was compared, and its sizes."""
        from recurra.export.web_page import page_bytes
        from recurra.export.web_runtime import RUNTIME

        if self.largest_difference is None:
            output.note(
                f"Not checked: the page's JavaScript and {RUNTIME}, for there is no Node.js here; what they read and "
                "compute with was."
            )
        else:
            output.result(
                folded(
                    f"run by Node.js, the page reads the same tokens, and {RUNTIME} is within "
                    f"{self.largest_difference:.1e}, on {self.texts:,} documents"
                )
            )
        sizes = page_bytes(self.files)
        output.result(folded("bytes: " + ", ".join(f"{group} {size:,}" for group, size in sizes.items())))

    def values(self) -> dict[str, Any]:
        """The same as JSON holds it."""
        from recurra.export.web_page import page_bytes
        from recurra.export.web_runtime import RUNTIME

        node = None
        if self.largest_difference is not None:
            node = {"documents": self.texts, "largest_difference": self.largest_difference}
        return {"runtime": RUNTIME, "bytes": page_bytes(self.files), "node": node}
