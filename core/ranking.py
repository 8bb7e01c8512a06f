"""Whether the first of a ranking is really first, or just had luck: asked before anything is called the most, the lowest or the best.

The first and the second are compared as if they alone had been there. That is enough, however many there are and although the two
were picked for being the largest: if all are alike, the first is seldom far from the second. Sources: S. Gutmann and Z. Maymin, "Is the
selected population the best?", Annals of Statistics 15 (1987), 456-461; K. Hung and W. Fithian, "Rank verification for exponential
families", Annals of Statistics 47 (2019), 758-782.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

LEVEL = 0.05
"""Below this probability, luck is no longer taken for an explanation."""

_MANY = 1_000
"""From this total on the normal distribution, with its correction for continuity, says the same, and the exact sum takes ever longer."""

_SAME = 1e-7
"""By so much may two probabilities differ and count as one: they are sums of logarithms."""

Item = TypeVar("Item")


def is_clearly_more(first: int, second: int) -> bool:
    """Whether two counts of things that each happen now and then differ by more than luck: the exact binomial test, two-sided.

    Args:
        first, second: from 0, such as how often two different mistakes were made on the same images.
    """
    total = first + second
    if total >= _MANY:
        return abs(first - second) - 1 > 1.96 * math.sqrt(total)
    fewer = sum(math.comb(total, count) for count in range(min(first, second) + 1))
    return math.ldexp(fewer, 1 - total) < LEVEL


def is_clearly_another_share(first: tuple[int, int], second: tuple[int, int]) -> bool:
    """Whether two shares of different things differ by more than luck: R. A. Fisher's exact test, two-sided.

    Args:
        first, second: how many of how many, such as the images of a class that are read right, and all of it.
    """
    (right, count), (other_right, other_count) = first, second
    hits, total = right + other_right, count + other_count
    chances = {
        found: math.exp(_log_comb(count, found) + _log_comb(other_count, hits - found) - _log_comb(total, hits))
        for found in range(max(0, hits - other_count), min(count, hits) + 1)
    }
    return sum(chance for chance in chances.values() if chance <= chances[right] * (1 + _SAME)) < LEVEL


def find_equals(items: Iterable[Item], value: Callable[[Item], float], *, lowest: bool = False) -> list[Item]:
    """All items that share the highest value, or the lowest, in their order; none of none."""
    kept = list(items)
    end = (min if lowest else max)((value(item) for item in kept), default=0.0)
    return [item for item in kept if value(item) == end]


def list_names(names: Sequence[str], most: int = 3) -> str:
    """Such as "4", "4 and 9", "4, 7 and 9" or, of more than `most`, "4, 7, 9 and 2 others"."""
    if len(names) > most + 1:
        return f"{', '.join(names[:most])} and {len(names) - most:,} others"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _log_comb(count: int, chosen: int) -> float:
    return math.lgamma(count + 1) - math.lgamma(chosen + 1) - math.lgamma(count - chosen + 1)
