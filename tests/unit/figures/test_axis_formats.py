"""What numbers on axes look like."""

from __future__ import annotations

import re
from pathlib import Path

FIGURES = Path(__file__).parents[3] / "core" / "figures"


def test_no_axis_writes_a_hundred_as_a_power_of_ten() -> None:
    """Vega gives a format without a precision just enough digits to tell the ticks apart: under `~g`, 0, 50, 100 end in "1e+2"."""
    found = [(path.name, form) for path in sorted(FIGURES.glob("*.py")) for form in re.findall(r'"([,+]?~?g)"', path.read_text())]
    assert found == []
