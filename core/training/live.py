"""What makes a training watchable without slowing it down: a cheap look at the validation images, weights handed over now and then."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from core.networks.weights import pack_weights
from core.training.checkpoint import Checkpoint, pack_checkpoint
from core.training.events import ArtefactReady
from core.training.splitting import Positions, choose_sample
from core.training.steps import MEASURED_AT_ONCE, CompiledSteps, Sums

LIVE_SHARE = 0.015
"""The share of the time that may go into looking at the sample. Where it costs more (large networks), points are left out."""

WEIGHTS_SECONDS = 1.0
"""All that is needed to continue is handed over at most this often, so that epochs of 10 ms do not mean a hundred files a second."""

WEIGHTS_SHARE = 0.01
"""The share of the time that may go into that."""

FIRST_EPOCHS, FIRST_BYTES, FIRST_SHARE = 60, 64 * 1024**2, 0.05
"""The weights alone of the first epochs are all handed over, however short these are, as long as together they take no more room, and
handing them over no more of the time: whoever looks back wants to see how it began. That is every epoch of every recipe."""

SMALL = 500_000
"""Bytes of weights that are handed over in a blink. For those the clock is not asked: it would say what else the machine is doing."""


class LiveValidation:
    """Measures a small fixed sample of the validation images, as long as that is cheap. One thread only."""

    def __init__(self, compiled: CompiledSteps, validation: Positions, seed: int, clock: Callable[[], float] = time.perf_counter) -> None:
        self._compiled = compiled
        self._sample = choose_sample(validation, MEASURED_AT_ONCE, seed)
        self._clock = clock
        self._cost = math.inf
        self._not_before = -math.inf

    def measure(self) -> Sums | None:
        """The sample's sums; None where no images are held back, or where the last look is too recent for what it cost."""
        began = self._clock()
        if not len(self._sample) or began < self._not_before:
            return None
        sums = self._compiled.measure(self._sample)
        ended = self._clock()
        # The cheapest look so far: the very first one, or a moment when the machine is busy, says little about the next.
        self._cost = min(self._cost, ended - began)
        self._not_before = ended + self._cost / LIVE_SHARE
        return sums


class WeightsSender:
    """Hands over the weights of each epoch, of large networks or in long trainings at most one a second, and what is needed to continue.

    One thread only.
    """

    def __init__(self, on_event: Callable[[ArtefactReady], None], clock: Callable[[], float] = time.perf_counter) -> None:
        self._on_event = on_event
        self._clock = clock
        self._not_before = -math.inf
        self._waiting: Checkpoint | None = None
        self._sent_epoch: int | None = None
        self._sent_at = -math.inf
        self._cost = 0.0

    def offer(self, checkpoint: Checkpoint) -> None:
        """Send the weights at the end of an epoch, or keep them until they are replaced or `flush` is called."""
        self._waiting = checkpoint
        if self._clock() >= self._not_before:
            self.flush()
        elif self._is_among_first(checkpoint):
            self._send_weights(checkpoint)

    def flush(self) -> None:
        """Send the latest weights offered, if they have not been sent."""
        if self._waiting is None:
            return
        began = self._clock()
        if self._sent_epoch != self._waiting.epoch:
            self._send_weights(self._waiting)
        self._on_event(ArtefactReady("weights/optimiser.npz", pack_checkpoint(self._waiting)))
        self._waiting = None
        # Hundreds of megabytes take their time; then they are sent less often.
        self._not_before = began + max(WEIGHTS_SECONDS, (self._clock() - began) / WEIGHTS_SHARE)

    def _is_among_first(self, checkpoint: Checkpoint) -> bool:
        """Whether the weights of this epoch are to be sent, although those of another were a moment ago."""
        # 16 bits each, see `pack_weights`.
        size = 2 * sum(array.size for array in checkpoint.weights)
        is_cheap = size <= SMALL or self._cost <= FIRST_SHARE * (self._clock() - self._sent_at)
        return checkpoint.epoch <= FIRST_EPOCHS and checkpoint.epoch * size <= FIRST_BYTES and is_cheap

    def _send_weights(self, checkpoint: Checkpoint) -> None:
        began = self._clock()
        self._on_event(ArtefactReady(f"weights/epoch-{checkpoint.epoch:04d}.npz", pack_weights(checkpoint.weights, is_compact=True)))
        self._sent_epoch, self._sent_at = checkpoint.epoch, self._clock()
        self._cost = self._sent_at - began
