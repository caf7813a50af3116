"""Renders a template into a self-contained page; all values are escaped."""

from __future__ import annotations

import re
from typing import Any

from recurra.report.card_tables import with_column_titles
from recurra.report.file_titles import file_title
from recurra.report.formatting import amount, count, percent, signed
from recurra.report.packages import require
from recurra.report.palette import DASHES, SERIES
from recurra.report.translation import fill, page_language, translate

__all__ = ["render"]

_OPTION = re.compile(r"(?<![\w-])(--[a-z][a-z-]*)")

# Characters that HTML must not contain or UTF-8 cannot encode; line feeds and tabs are allowed.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def _options(text: str) -> Any:
    """Marks command-line options in a text as code, so that they do not break at their hyphens."""
    from markupsafe import Markup

    # Every second part is an option; Markup escapes the parts.
    code, parts = Markup("<code>{}</code>"), _OPTION.split(text)
    return Markup("").join(code.format(part) if place % 2 else part for place, part in enumerate(parts))


def _translated(text: str, /, **values: Any) -> Any:
    """A text of a template in the page's language: markup, in which values are escaped."""
    from markupsafe import Markup, escape

    found = translate(text)
    if values:
        found = fill(found, **{name: escape(value) for name, value in values.items()})
    return Markup(found)  # noqa: S704 - the templates' and the catalogues' own, values escaped


def render(template: str, *, package: str = "recurra.report", **values: Any) -> str:
    """A page from a template.

    Strings among the values are text, never markup; pictures contain escaped SVG.

    Args:
        template: file name in ``templates/``.
        package: whose ``templates/`` are searched first, before those of ``recurra.report``.
        values: the template's variables.

    Returns:
        HTML that can be encoded as UTF-8.

    Raises:
        RecurraError: jinja2 is not installed.
    """
    jinja2 = require("jinja2")
    environment = jinja2.Environment(
        loader=jinja2.ChoiceLoader([jinja2.PackageLoader(name) for name in dict.fromkeys((package, "recurra.report"))]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(_=_translated, language=page_language(), dashes=DASHES, colours=len(SERIES))
    environment.filters.update(
        percent=percent, signed=signed, count=count, amount=amount, options=_options, file_title=file_title
    )
    html: str = environment.get_template(template).render(**values)
    return with_column_titles(_UNPRINTABLE.sub("\ufffd", html))
