"""An HTTP service for models: predictions, readings and views of a whole file, for programs and for the page."""

from recurra.serving.access import Access
from recurra.serving.app import create_app
from recurra.serving.limits import Limits

__all__ = ["Access", "Limits", "create_app"]
