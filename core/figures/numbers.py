"""Numbers in words, the same on every page: counts, times, speeds; shares are in `core.rates`."""

from __future__ import annotations

import math
import time


def format_count(count: int) -> str:
    """A whole number with separators: "60,000"."""
    return f"{count:,}"


def format_seconds(seconds: float) -> str:
    """A duration: "40 ms", "3.4 s", "42 s", "2 min 10 s", "1 h 5 min"."""
    if not math.isfinite(seconds):
        return "unknown"
    if 0 < seconds < 0.0995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        minutes, rest = divmod(whole, 60)
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def format_times(count: int) -> str:
    """How often: "once", "twice", "12 times"."""
    return {1: "once", 2: "twice"}.get(count, f"{count:,} times")


def format_moment(seconds: float) -> str:
    """A moment, in seconds since 1970, as this computer's clock showed it: "22 Nov 2026, 07:50"."""
    return time.strftime("%d %b %Y, %H:%M", time.localtime(seconds)).lstrip("0")
