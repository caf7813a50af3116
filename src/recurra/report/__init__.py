"""Self-contained HTML pages: what was measured, in tables, pictures and computed sentences.

Nothing is imported here, so that matplotlib and jinja2 load only when a page is made.
"""
