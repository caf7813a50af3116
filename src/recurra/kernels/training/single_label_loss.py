"""Losses of one class per document, cross-entropy and focal loss, with their gradients."""

from __future__ import annotations

import math

import numpy as np

from recurra.kernels.array_types import Float32Array, Float32Matrix, Float64Matrix, ReadInt64Array

__all__ = ["cross_entropy", "focal"]


def cross_entropy(
    logits: Float32Matrix,
    targets: ReadInt64Array,
    weights: Float32Array,
    rows: Float32Array,
    smoothing: float,
    d_logits: Float32Matrix,
    results: Float64Matrix,
) -> None:
    """The weighted mean of -Σ_c q_c v w_c log p_c, with q = 1 - ε + ε/C for the target and ε/C for other classes.

    Args:
        logits: [B, C].
        targets: int64[B].
        weights: w, [C].
        rows: v, [B], what each document counts beside the weight of its class.
        smoothing: ε.
        d_logits: [B, C], the gradient, written.
        results: [1, 2], the loss and how many targets have the largest logit, written.
    """
    documents, classes = logits.shape
    total, loss, right = 0.0, 0.0, 0
    for b in range(documents):
        total += rows[b] * weights[targets[b]]
    for b in range(documents):
        highest, place = logits[b, 0], 0
        for c in range(1, classes):
            if logits[b, c] > highest:
                highest, place = logits[b, c], c
        right += place == targets[b]
        powers = 0.0
        for c in range(classes):
            powers += math.exp(np.float64(logits[b, c]) - highest)
        log_sum = math.log(powers) + highest
        mass = 0.0
        for c in range(classes):
            share = (smoothing / classes + (1 - smoothing) * (c == targets[b])) * rows[b] * weights[c]
            mass += share
            loss += share * (log_sum - logits[b, c])
        for c in range(classes):
            share = (smoothing / classes + (1 - smoothing) * (c == targets[b])) * rows[b] * weights[c]
            d_logits[b, c] = (mass * math.exp(logits[b, c] - log_sum) - share) / total
    # Rounded like the logits: a loss that overflows there must be reported as not finite.
    results[0, 0], results[0, 1] = np.float32(loss) / total, right


def focal(
    logits: Float32Matrix,
    targets: ReadInt64Array,
    weights: Float32Array,
    rows: Float32Array,
    smoothing: float,
    gamma: float,
    d_logits: Float32Matrix,
    results: Float64Matrix,
) -> None:
    """The weighted mean of -Σ_c q_c v w_c (1 - p_c)^γ log p_c (Lin et al. 2017), with q as in cross-entropy.

    With g_c = q_c v w_c (γ p_c (1 - p_c)^(γ-1) log p_c - (1 - p_c)^γ) the gradient of logit k is g_k - p_k Σ_c g_c.

    Args:
        logits: [B, C].
        targets: int64[B].
        weights: w, [C].
        rows: v, [B], what each document counts beside the weight of its class.
        smoothing: ε.
        gamma: γ, 0 or more.
        d_logits: [B, C], the gradient, written.
        results: [1, 2], the loss and how many targets have the largest logit, written.
    """
    documents, classes = logits.shape
    total, loss, right = 0.0, 0.0, 0
    slopes = np.empty(classes, dtype=np.float64)
    for b in range(documents):
        total += rows[b] * weights[targets[b]]
    for b in range(documents):
        highest, place = logits[b, 0], 0
        for c in range(1, classes):
            if logits[b, c] > highest:
                highest, place = logits[b, c], c
        right += place == targets[b]
        powers = 0.0
        for c in range(classes):
            powers += math.exp(np.float64(logits[b, c]) - highest)
        log_sum, slope = math.log(powers) + highest, 0.0
        for c in range(classes):
            share = (smoothing / classes + (1 - smoothing) * (c == targets[b])) * rows[b] * weights[c]
            log_p = logits[b, c] - log_sum
            missing = -math.expm1(log_p)
            slopes[c] = 0.0
            # At p = 1 the loss is 0, and so is the slope for any γ above 0.
            if missing > 0 or gamma == 0:
                power = missing**gamma
                loss -= share * power * log_p
                slopes[c] = -share * power
                if gamma > 0:
                    slopes[c] += share * gamma * math.exp(log_p) * power / missing * log_p
            slope += slopes[c]
        for c in range(classes):
            d_logits[b, c] = (slopes[c] - math.exp(logits[b, c] - log_sum) * slope) / total
    results[0, 0], results[0, 1] = np.float32(loss) / total, right
