"""What a network does as it reads: words, units, gates and attribution of a document; flags and more of a file."""

import warnings
from typing import Any

from recurra.inspection.attribution import Attribution, attribute
from recurra.inspection.compare import compare, compare_text
from recurra.inspection.confusions import Confusions, confusions
from recurra.inspection.examples import Examples, examples
from recurra.inspection.flag_results import Flags
from recurra.inspection.flags import flags
from recurra.inspection.gradient_flow import GradientFlow, GradientFlows, gradients
from recurra.inspection.label_confusions import LabelConfusions
from recurra.inspection.label_issue_results import LabelIssues
from recurra.inspection.label_issues import label_issues
from recurra.inspection.read import read
from recurra.inspection.state_search import StateMatch, StateSearch, search_states
from recurra.inspection.states import States, states

__all__ = [
    "Attribution",
    "Confusions",
    "Examples",
    "Flags",
    "GradientFlow",
    "GradientFlows",
    "LabelConfusions",
    "LabelIssues",
    "StateMatch",
    "StateSearch",
    "States",
    "attribute",
    "compare",
    "compare_text",
    "confusions",
    "examples",
    "flags",
    "gradients",
    "label_issues",
    "read",
    "search_states",
    "states",
]

RENAMED: dict[str, Any] = {"Doubts": LabelIssues, "doubts": label_issues}


def __getattr__(name: str) -> Any:
    if name not in RENAMED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    warnings.warn(f"{name} is called {RENAMED[name].__name__} now.", DeprecationWarning, stacklevel=2)
    return RENAMED[name]
