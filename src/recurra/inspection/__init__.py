"""Why a network answers as it does: attribution, units, gradient flow. NumPy alone, without torch."""
