"""When a training has learned enough, and which of its epochs was the best."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.networks.spec import TrainingSpec
from core.training.events import Mark
from core.training.steps import Sums


@dataclass(frozen=True)
class Best:
    """The epoch with the lowest validation loss so far. Its weights are there only if the best epoch is to be kept."""

    epoch: int
    loss: float
    weights: tuple[NDArray[np.float32], ...] = ()


class Goals:
    """Watches the validation values of each epoch. Not safe for several threads; each training has its own."""

    def __init__(self, spec: TrainingSpec, best: Best | None = None, epochs_done: int = 0) -> None:
        """`best` is that of a training that is continued; `epochs_done` how far it had got."""
        self._spec = spec
        self.best = best
        self._waiting_since = best.epoch if best else 0
        if self._has_waited_enough(epochs_done):
            # It had ended because of that. Whoever goes on wants to wait once more.
            self._waiting_since = epochs_done

    def note(self, epoch: int, validation: Sums, weights: list[NDArray[np.float32]]) -> Mark | None:
        """Take note of a complete epoch. Returns why the training should end now, if it should.

        It ends at the same epoch as with Keras' `EarlyStopping(monitor="val_loss", patience=...)`.
        """
        if not validation.images:
            return None
        if self.best is None or validation.mean_loss < self.best.loss:
            self.best = Best(epoch, validation.mean_loss, tuple(weights) if self._spec.keep_best else ())
            self._waiting_since = epoch
        if self._spec.target_accuracy is not None and validation.accuracy >= self._spec.target_accuracy:
            return Mark.TARGET_REACHED
        if self._has_waited_enough(epoch) and epoch < self._spec.epochs:
            return Mark.STOPPED_EARLY
        return None

    def _has_waited_enough(self, epoch: int) -> bool:
        return self._spec.patience is not None and epoch - self._waiting_since >= self._spec.patience
