"""How new a drawing is to a network: in words, on a scale, and as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from core.figures.bars import draw_bars
from core.figures.chart import Chart
from core.figures.numbers import format_count
from core.figures.theme import FigureTheme, vega_config
from core.intervals import wilson_interval
from core.predictions.novelty import NO_POSITION, PASSED, Novelty, describe_too_few, is_judged
from core.rates import format_percent, format_range
from core.shipped.card import Card

MAY_PASS = "Odd shapes can pass this check."
"""Said wherever nothing was found: a scribble can lie as near in the last layer as a digit does."""


@dataclass(frozen=True)
class NoveltyInfo:
    """One image on the scale of novelty.

    Attributes:
        score, threshold: above the threshold the image is novel.
        exceeded: the share of the real images that set the scale that are less novel, 0 to 1.
        measured, compared: numbers of those, and of images compared with.
        nearest: position, class name and distance of the nearest training images, the nearest first.
        is_unseen: whether the network did not learn from the images that set the scale.
        printed: of those compared with, how many are printed digits that it did not learn from.
    """

    score: float
    threshold: float
    exceeded: float
    measured: int
    compared: int
    nearest: tuple[tuple[int, str, float], ...]
    is_unseen: bool = True
    printed: int = 0

    @property
    def is_judged(self) -> bool:
        """Whether it is called novel, or not novel."""
        return is_judged(self.measured)

    @property
    def is_novel(self) -> bool:
        return self.is_judged and self.score > self.threshold

    @property
    def in_set(self) -> tuple[tuple[int, str, float], ...]:
        """Those of the nearest that have a picture in the set: printed digits have none."""
        return tuple(near for near in self.nearest if near[0] != NO_POSITION)

    @property
    def weight(self) -> float:
        """What the distance of the nearest was multiplied by, because its values are strong or weak; 1 at a distance of 0."""
        nearest = self.nearest[0][2] if self.nearest else 0.0
        return self.score / nearest if nearest > 0 else 1.0


def build_novelty(novelty: Novelty, index: int, class_names: Sequence[str]) -> NoveltyInfo:
    """The image at `index` of those that were read."""
    rows = zip(novelty.positions[index], novelty.labels[index], novelty.distances[index], strict=True)
    nearest = tuple((int(position), class_names[label], float(distance)) for position, label, distance in rows)
    return NoveltyInfo(
        float(novelty.scores[index]),
        float(novelty.threshold),
        float(novelty.exceeded[index]),
        int(novelty.measured),
        int(novelty.compared),
        nearest,
        bool(novelty.is_unseen),
        int(novelty.unlisted),
    )


def describe_compared(info: NoveltyInfo, learned: int) -> str:
    """Among how many images the nearest were looked for, of the `learned` ones that the network learned from."""
    own = info.compared - info.printed
    known = f"all {format_count(own)}" if own == learned else f"{format_count(own)} of the {format_count(learned)}"
    printed = f", some of them redrawn by a program, and {format_count(info.printed)} printed digits" if info.printed else ""
    return f"They were looked for among {known} images that the network learned from{printed}"


def describe_novelty(info: NoveltyInfo, things: str) -> str:
    """What was found: further from what was learned than real images are, or not, or too few to tell. `things`: "digits" or "images"."""
    if not info.is_judged:
        return describe_too_few(info.measured, things)
    if not info.is_unseen:
        return _describe_among_learned(info, things)
    if info.is_novel:
        share = "all" if info.exceeded >= 1 else f"{format_percent(info.exceeded)} of"
        return f"It is further from everything that this network learned than {share} {format_count(info.measured)} real {things} are."
    return (
        f"Nothing unusual found: of {format_count(info.measured)} real {things} that it did not learn from, "
        f"{format_percent(1 - info.exceeded)} are further from its training images. {MAY_PASS}"
    )


def _describe_among_learned(info: NoveltyInfo, things: str) -> str:
    """The same where there are no real images but those that the network has learned."""
    count = format_count(info.measured)
    if info.is_novel:
        share = "all" if info.exceeded >= 1 else f"{format_percent(info.exceeded)} of"
        return (
            f"It is further from the {things} that this network learned than {share} {count} of them are from the others. None were held "
            "back from it, so a new one may be called unlike them too soon."
        )
    return (
        f"Nothing unusual found: of {count} {things} that it learned, {format_percent(1 - info.exceeded)} are further from the others. "
        f"{MAY_PASS}"
    )


def describe_weight(info: NoveltyInfo) -> str:
    """How the score comes from the distance, in two sentences."""
    return (
        f"The score is the distance of the nearest one times {info.weight:.2f}. That factor is above 1 where the layer responds more"
        " strongly than it usually does, as it often does to strange shapes, and below 1 where it responds more weakly."
    )


def build_novelty_chart(info: NoveltyInfo, theme: FigureTheme) -> Chart:
    """A bar as long as the score, beside one as long as the limit, if there are real images enough to set one."""
    rows = _scale_rows(info)
    data = pd.DataFrame({"name": [name for name, _ in rows], "score": [value for _, value in rows]})
    return Chart(_scale_spec(theme), data.assign(text=data["score"].map("{:.3f}".format)))


def draw_novelty(info: NoveltyInfo, theme: FigureTheme) -> Figure:
    """The same in matplotlib, for a file."""
    names, values = zip(*_scale_rows(info), strict=True)
    # Bars are drawn as shares of one.
    longest = max(values) or 1.0
    return draw_bars(names, [value / longest for value in values], [f"{value:.3f}" for value in values], theme)


def _scale_rows(info: NoveltyInfo) -> list[tuple[str, float]]:
    return [("This drawing", info.score), *([("Limit", info.threshold)] if info.is_judged else [])]


def novelty_table(info: NoveltyInfo) -> pd.DataFrame:
    """The nearest training images, and printed digits, which are in no set."""
    return pd.DataFrame(
        {
            "Training image": ["printed" if position == NO_POSITION else str(position) for position, _, _ in info.nearest],
            "Class": [name for _, name, _ in info.nearest],
            "Distance": [round(distance, 3) for _, _, distance in info.nearest],
        }
    )


def flagged_table(card: Card) -> pd.DataFrame:
    """What was measured: of each kind of picture, the share that our score and the energy call novel, with the 95 % interval."""
    return pd.DataFrame(
        {
            "Shown to it": [row.kind for row in card.novelty],
            "Pictures": [format_count(row.images) for row in card.novelty],
            "Called novel": [_share(row.by_score, row.images) for row in card.novelty],
            "By the energy instead": [format_percent(row.by_energy / row.images) for row in card.novelty],
        }
    )


def describe_misread(card: Card) -> str:
    """How many of the shipped network's mistakes it doubts itself, and how it reads print, in two sentences."""
    printed = 10 * len(card.printed_fonts)
    return (
        f"Of the {format_count(card.misread)} test images that it reads wrong, {format_count(card.misread_flagged)} are called unlike "
        f"anything it has seen. Of {format_count(printed)} printed digits, ten in each of {len(card.printed_fonts)} fonts, it reads "
        f"{format_count(card.printed_right)} right."
    )


def describe_limit(*, is_unseen: bool = True) -> str:
    """How the limit was set, in a sentence. `is_unseen`: by images that the network did not learn from."""
    if not is_unseen:
        return (
            f"The limit lets {format_percent(PASSED, 0)} of images pass that the network learned from, since no others are known: the run "
            f"held none back. New images are less familiar, so more than one real image in {round(1 / (1 - PASSED))} is called novel. "
            "Hold images back for validation, and the limit is set by those."
        )
    return (
        f"The limit lets {format_percent(PASSED, 0)} of real images pass that the network did not learn from, so one real image in "
        f"{round(1 / (1 - PASSED))} is called novel all the same."
    )


def _share(count: int, of: int) -> str:
    return f"{format_percent(count / of)} ({format_range(*wilson_interval(count, of))})"


@lru_cache(maxsize=8)
def _scale_spec(theme: FigureTheme) -> dict[str, Any]:
    return {
        "config": vega_config(theme),
        "width": "container",
        "height": {"step": 34},
        "encoding": {
            "y": {
                "field": "name",
                "type": "nominal",
                "title": None,
                "sort": None,
                "axis": {"ticks": False, "domain": False, "labelPadding": 8},
            },
            "x": {
                "field": "score",
                "type": "quantitative",
                "title": "score: distance from the nearest, weighed",
                "scale": {"nice": False},
            },
        },
        "layer": [
            {
                # Not to be seen: it makes room on the right for the number beside the longer bar.
                "transform": [{"calculate": "datum.score * 1.2", "as": "score"}],
                "mark": {"type": "point", "opacity": 0},
            },
            {
                "mark": {"type": "bar", "cornerRadiusEnd": 3, "height": {"band": 0.7}},
                "encoding": {"color": {"condition": {"test": "datum.name === 'Limit'", "value": theme.muted}, "value": theme.first}},
            },
            {
                "mark": {"type": "text", "align": "left", "dx": 6, "color": theme.foreground},
                "encoding": {"text": {"field": "text"}},
            },
        ],
    }
