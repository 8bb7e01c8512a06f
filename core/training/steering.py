"""What a user may ask of a training while it goes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Steering:
    """The wishes as of now; the default wishes for nothing. Looked at before each chunk of steps, a few times a second.

    Attributes:
        stop: end the training; what was learned is kept.
        pause: take no step until this is False again (or `stop` is True).
        rate_factor: what the scheduled learning rate is multiplied by from here on.
    """

    stop: bool = False
    pause: bool = False
    rate_factor: float = 1.0


Steer = Callable[[], Steering]
"""Has to be quick. Called in the training's own thread."""


def let_run() -> Steering:
    """A `Steer` that wishes for nothing: the training runs to its end."""
    return Steering()


def stop_when(should_stop: Callable[[], bool]) -> Steer:
    """A `Steer` that can only stop."""
    return lambda: Steering(stop=should_stop())
