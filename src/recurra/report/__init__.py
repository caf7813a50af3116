"""Self-contained HTML pages of results: tables, pictures and sentences computed from the numbers.

Nothing is imported here, so that matplotlib and jinja2 are only loaded when a page is made.
"""
