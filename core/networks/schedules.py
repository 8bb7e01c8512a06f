"""How the learning rate changes while a network trains: public name to title, help and its curve."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from core.networks.spec import TrainingSpec

Factors = NDArray[np.float64]

ONE_CYCLE_START = 1 / 25
"""Of the peak rate. L. N. Smith and N. Topin, "Super-Convergence", 2018; the numbers are those of fast.ai's implementation."""

ONE_CYCLE_END = 1e-4
ONE_CYCLE_RISE = 0.3
"""The part of the training in which the rate rises."""


@dataclass(frozen=True)
class Schedule:
    """`title` for a page, `help` one plain sentence, `options` the settings of `TrainingSpec` that it heeds.

    `factors(done, spec)`: by what the learning rate is multiplied, for the part of the training that is `done`, 0 to 1, any shape.
    """

    title: str
    help: str
    factors: Callable[[Factors, TrainingSpec], Factors]
    options: tuple[str, ...] = ()


def _constant(done: Factors, spec: TrainingSpec) -> Factors:
    return np.ones_like(done)


def _steps(done: Factors, spec: TrainingSpec) -> Factors:
    # A hair more, because an epoch's end computed from steps may come out just below the whole number.
    return spec.decay_factor ** np.floor(done * spec.epochs / spec.drop_every + 1e-9)


def _exponential(done: Factors, spec: TrainingSpec) -> Factors:
    return spec.decay_factor**done


def _cosine(done: Factors, spec: TrainingSpec) -> Factors:
    """I. Loshchilov and F. Hutter, "SGDR", 2017, equation 5, without restarts."""
    return (1 + np.cos(math.pi * done)) / 2


def _one_cycle(done: Factors, spec: TrainingSpec) -> Factors:
    rise = _between(ONE_CYCLE_START, 1.0, done / ONE_CYCLE_RISE)
    fall = _between(1.0, ONE_CYCLE_END, (done - ONE_CYCLE_RISE) / (1 - ONE_CYCLE_RISE))
    return np.where(done < ONE_CYCLE_RISE, rise, fall)


def _between(start: float, end: float, share: Factors) -> Factors:
    """Half a cosine wave from `start` to `end`."""
    return end + (start - end) * (1 + np.cos(math.pi * np.clip(share, 0, 1))) / 2


SCHEDULES: dict[str, Schedule] = {
    "constant": Schedule("Constant", "The same rate from the first step to the last.", _constant),
    "step": Schedule("Steps", "Drops all at once every few epochs.", _steps, ("decay_factor", "drop_every")),
    "exponential": Schedule("Exponential", "Shrinks by the same factor in each step.", _exponential, ("decay_factor",)),
    "cosine": Schedule("Cosine", "Shrinks slowly, then quickly, then slowly, down to 0 at the end.", _cosine),
    "one_cycle": Schedule(
        "One cycle", "Rises from a twenty-fifth to the full rate, then falls to almost nothing. Can allow larger rates.", _one_cycle
    ),
}


def learning_rates(spec: TrainingSpec, steps_per_epoch: int) -> NDArray[np.float32]:
    """The learning rate of every step of a training, `float32 (epochs * steps_per_epoch,)`.

    The schedule is multiplied by a straight line from near 0 to 1 over the first `warmup_epochs`.
    """
    total = spec.epochs * steps_per_epoch
    steps = np.arange(total)
    factors = SCHEDULES[spec.schedule].factors(steps / max(1, total), spec)
    warmup = spec.warmup_epochs * steps_per_epoch
    if warmup:
        factors = factors * np.minimum(1.0, (steps + 1) / warmup)
    rates: NDArray[np.float32] = (spec.learning_rate * factors).astype(np.float32)
    return rates
