"""What tests of pages may use."""

from __future__ import annotations

from parsed_pages import check_page, parse

__all__ = ["check_page", "parse"]
