"""Shares in words: the one rule by which every page, the coach and the command line round them."""

from __future__ import annotations

import math

import numpy as np

SUREST = np.nextafter(np.float32(1), np.float32(0))
"""The largest probability below 1, `float32`. A softmax comes close to 1 and never reaches it, but `float32` rounds to 1 what is within
3e-8 of it, and "100.0 %" beside a second class with "<0.1 %" would be more than there is."""


def percent_number(share: float, digits: int = 1) -> str:
    """A share from 0 to 1 in percent, without the sign: "97.6". What is not quite all or nothing never reads as 100 or 0: ">99.9", "<0.1".

    "unknown" for what is no number.
    """
    if not math.isfinite(share):
        return "unknown"
    smallest = 10.0**-digits
    if 0 < share * 100 < smallest / 2:
        return f"<{smallest:.{digits}f}"
    if 100 - smallest / 2 <= share * 100 < 100:
        return f">{100 - smallest:.{digits}f}"
    return f"{share * 100:.{digits}f}"


def format_percent(share: float, digits: int = 1) -> str:
    """A share from 0 to 1 as "97.6 %", by the rule of `percent_number`."""
    number = percent_number(share, digits)
    return f"{number} %" if math.isfinite(share) else number


def format_range(low: float, high: float, digits: int = 1) -> str:
    """Two shares from 0 to 1 as "97.3 to 97.9 %", each by the rule of `percent_number`."""
    return f"{percent_number(low, digits)} to {percent_number(high, digits)} %"


def format_apart(one: float, other: float, digits: int = 2) -> tuple[str, str]:
    """Two numbers with as many decimals as it takes to see which is larger, `digits` at least and six more at most."""
    for count in range(digits, digits + 7):
        told = f"{one:.{count}f}", f"{other:.{count}f}"
        if told[0] != told[1]:
            break
    return told
