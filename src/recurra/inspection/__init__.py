"""What a network does as it reads: words, units and gates of one document, attribution, and the gradient's way back."""

from recurra.inspection.attribution import Attribution, attribute
from recurra.inspection.gradient_flow import GradientFlow, GradientFlows, gradients
from recurra.inspection.read import read

__all__ = ["Attribution", "GradientFlow", "GradientFlows", "attribute", "gradients", "read"]
