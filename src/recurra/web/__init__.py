"""The reading room: a page of static files that shows what a network remembers as it reads."""

from recurra.web.files import FILES, PageFile

__all__ = ["FILES", "PageFile"]
