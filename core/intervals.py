"""How far a measured share may be off, given how many images it was measured on."""

from __future__ import annotations

import math
from statistics import NormalDist

from core.errors import InklingError


def wilson_interval(successes: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval for a share, such as the accuracy on `n` test images: (low, high), each from 0 to 1.

    Unlike the textbook's share plus or minus z standard errors, it stays within 0 and 1 and keeps its promise for shares near
    either end. Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
    JASA 22 (1927), 209-212; recommended by Brown, Cai and DasGupta, "Interval estimation for a binomial proportion",
    Statistical Science 16 (2001), 101-133, formula 4.

    Args:
        successes: how many were right, from 0 to `n`.
        n: how many were tried, at least 1: without any, nothing can be said.
        confidence: how often such an interval holds the true share, between 0 and 1.

    Raises:
        InklingError: the numbers are not within these bounds.
    """
    if n < 1 or not 0 <= successes <= n:
        raise InklingError(f"{successes:,} of {n:,} is not a share; expected at least one image, and no more right answers than images.")
    if not 0 < confidence < 1:
        raise InklingError(f"The confidence is {confidence:g}; expected a number between 0 and 1, such as 0.95.")
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share = successes / n
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    # Exactly 0 and 1 at the ends; rounding would leave a trace.
    low = 0.0 if successes == 0 else centre - half
    high = 1.0 if successes == n else centre + half
    return low, high
