"""Fills a template: everything is escaped, nothing comes from elsewhere."""

from __future__ import annotations

import re
from typing import Any

from recurra.report.packages import needed
from recurra.report.wording import amount, count, percent

__all__ = ["render"]

_OPTION = re.compile(r"(?<![\w-])(--[a-z][a-z-]*)")

# What HTML must not and UTF-8 cannot hold; line feeds and tabs stay.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def _options(text: str) -> Any:
    """Text in which the command line's options are code, which does not break at their hyphens."""
    from markupsafe import Markup

    # Every second part is an option; what is joined is escaped.
    code, parts = Markup("<code>{}</code>"), _OPTION.split(text)
    return Markup("").join(code.format(part) if place % 2 else part for place, part in enumerate(parts))


def render(template: str, *, package: str = "recurra.report", **values: Any) -> str:
    """A page from a template.

    Strings among the values are text, never markup; pictures bring their own escaped SVG.

    Args:
        template: file name in ``templates/``.
        package: whose ``templates/`` are looked at first; those of the reports are known to all.
        values: what the template names.

    Returns:
        HTML that can be written as UTF-8.

    Raises:
        RecurraError: jinja2 is not installed.
    """
    jinja2 = needed("jinja2")
    environment = jinja2.Environment(
        loader=jinja2.ChoiceLoader([jinja2.PackageLoader(name) for name in dict.fromkeys((package, "recurra.report"))]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(percent=percent, count=count, amount=amount, options=_options)
    html: str = environment.get_template(template).render(**values)
    return _UNPRINTABLE.sub("\ufffd", html)
