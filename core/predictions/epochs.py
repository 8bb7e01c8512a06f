"""One network with the weights of one epoch after another."""

from __future__ import annotations

from core.networks.building import load_weights
from core.networks.weights import unpack_weights
from core.predictions.predictor import Predictor


class EpochPredictor(Predictor):
    """A `Predictor` whose weights can be replaced by those of another epoch of the same run, without building it again.

    What the input scaling has measured is the same in all epochs, and stays. Thread contract: one thread at a time.
    """

    def load(self, weights: bytes) -> None:
        """Answer with these weights from now on. Raises `InklingError` if they are damaged or of another network."""
        load_weights(self._model, unpack_weights(weights))
