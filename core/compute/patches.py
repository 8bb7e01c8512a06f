"""The search for the smallest patch that changes an answer, as a job: a moment for small networks, seconds for large ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

from core.compute.jobs import Report
from core.compute.tasks import ModelSource, find_predictor, with_plain_errors
from core.datasets.image_set import Images, fingerprint
from core.errors import Cancelled
from core.predictions.patches import smallest_patch


def patch_key(model_key: str, image: Images) -> str:
    """The key of a job of `find_patch`: the weights and the image decide the answer."""
    return f"patch-{model_key}-{fingerprint(image)}"


@with_plain_errors
def find_patch(
    report: Report, should_stop: Callable[[], bool], key: str, source: ModelSource, image: Images, max_value: int
) -> dict[str, NDArray[Any]]:
    """What `smallest_patch` gives. Raises `Cancelled`."""

    def tell(share: float, size: int) -> None:
        if should_stop():
            raise Cancelled("The search for a patch was called off.")
        report(share, f"Trying patches of {size} x {size} pixels everywhere.")

    return smallest_patch(find_predictor(key, source), image, max_value, tell)
