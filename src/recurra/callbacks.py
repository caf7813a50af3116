"""The short name of :mod:`recurra.training.callbacks`: importing this gives that module itself, where everything is."""

import sys

from recurra.training import callbacks
from recurra.training.callbacks import *  # noqa: F403  (for type checkers, which read this file)
from recurra.training.callbacks import __all__  # noqa: F401

sys.modules[__name__] = callbacks
