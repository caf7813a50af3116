"""The loss of :mod:`ordinal`, which only training imports."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from recurra.tasks.objective import Objective

# Stands for infinity, of which a difference would be none.
FAR = 1e4


class Loss(Objective):
    """-log P(y), with σ(a) - σ(b) = σ(a) σ(-b) (1 - exp(b - a)) for neighbours a > b of the falling sequence."""

    def each(self, logits: Tensor, targets: Tensor) -> Tensor:
        falling = torch.cat([logits[:, :1], logits[:, :1] - F.softplus(logits[:, 1:]).cumsum(dim=1)], dim=1)
        bounds = F.pad(F.pad(falling, (1, 0), value=FAR), (0, 1), value=-FAR)
        a = bounds.gather(1, targets[:, None])[:, 0]
        b = bounds.gather(1, targets[:, None] + 1)[:, 0]
        return -(F.logsigmoid(a) + F.logsigmoid(-b) + torch.log1p(-torch.exp(b - a)))
