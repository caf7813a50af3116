"""The short name of :mod:`recurra.training.callbacks`: importing this gives that module itself, where everything is."""

import sys
from typing import TYPE_CHECKING

from recurra.training import callbacks
from recurra.training.callbacks import *  # noqa: F403  (for type checkers, which read this file)
from recurra.training.callbacks import __all__  # noqa: F401

if TYPE_CHECKING:
    from recurra.training.mlflow_tracker import MLflow as MLflow
    from recurra.training.tensorboard import TensorBoard as TensorBoard

sys.modules[__name__] = callbacks
