"""What a network does as it reads: words, units, gates and attribution of a document; flags and more of a file."""

from recurra.inspection.attribution import Attribution, attribute
from recurra.inspection.compare import compare, compare_text
from recurra.inspection.doubt_results import Doubts
from recurra.inspection.doubts import doubts
from recurra.inspection.flag_results import Flags
from recurra.inspection.flags import flags
from recurra.inspection.gradient_flow import GradientFlow, GradientFlows, gradients
from recurra.inspection.read import read
from recurra.inspection.states import States, states

__all__ = [
    "Attribution",
    "Doubts",
    "Flags",
    "GradientFlow",
    "GradientFlows",
    "States",
    "attribute",
    "compare",
    "compare_text",
    "doubts",
    "flags",
    "gradients",
    "read",
    "states",
]
