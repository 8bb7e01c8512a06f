"""A network's answer to an image, and to the same image spoilt."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.rates import format_percent


def describe_change(before: NDArray[np.floating], after: NDArray[np.floating], class_names: Sequence[str]) -> str:
    """Whether the answer has become another, such as "The answer has changed from 7 (97.3 %) to 9 (64.0 %).".

    `before` and `after` are probabilities, `(c,)`.
    """
    was, now = int(before.argmax()), int(after.argmax())
    if (before == after).all():
        return f"Nothing has been changed yet: it reads {class_names[was]} ({format_percent(float(before[was]))})."
    if was == now:
        now_sure, was_sure = (format_percent(float(probabilities[was])) for probabilities in (after, before))
        return f"The answer is still {class_names[was]}, at {now_sure} instead of {was_sure}."
    return (
        f"The answer has changed from {class_names[was]} ({format_percent(float(before[was]))})"
        f" to {class_names[now]} ({format_percent(float(after[now]))})."
    )


def change_table(before: NDArray[np.floating], after: NDArray[np.floating], class_names: Sequence[str]) -> pd.DataFrame:
    """One row for each class: its probability before and after, from 0 to 1."""
    return pd.DataFrame({"class": list(class_names), "before": before, "after": after})
