"""What is done to the pixels before the first layer: public name to title and a plain sentence."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Scaling:
    """`title` for a page; `help` is one plain sentence for a learner."""

    title: str
    help: str


SCALINGS: dict[str, Scaling] = {
    "none": Scaling("None", "The pixels as they are stored, such as 0 to 255. Here to see why everyone scales."),
    "divide": Scaling("To 0..1", "Divides every pixel by the largest possible value."),
    "standardise_set": Scaling("Mean 0, spread 1", "Subtracts the mean of all training pixels and divides by their standard deviation."),
    "standardise_pixel": Scaling(
        "Mean 0, spread 1, each pixel by itself",
        "The same with a mean and a standard deviation of its own for each place in the image.",
    ),
}
