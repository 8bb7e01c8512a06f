"""What may be concluded from two results, in words, the same on every page: better, or how large a difference could still hide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.figures.numbers import format_count
from core.predictions.conclusions import Comparison
from core.rates import format_percent

MANY = 1_000
"""Images from which on a hundredth of a percentage point is worth telling: fewer can't even show a tenth."""

ABOUT_THESE = (
    "This is about these networks as they are: each would come out a little different if it were trained again with another seed, "
    "so a small lead need not be due to the settings."
)
"""What a comparison of trained networks says, and what it does not."""

HOW = (
    "Answers are compared image by image (McNemar's test, and Newcombe's interval for pairs), which tells more than two intervals side by "
    "side. The more is compared at once, the larger a difference has to be before it counts (Holm's correction)."
)
"""By what a conclusion is drawn."""


def describe_conclusion(comparison: Comparison, first: str, second: str, kind: str = "images") -> str:
    """Which of two is better and by how much, or that no difference was found and how large a one could still hide.

    Args:
        first, second: what the two are called in the middle of a sentence.
        kind: what to call the images, in the plural, such as "test images" or "drawings".
    """
    if comparison.is_clear:
        return _describe_difference(comparison, first, second, kind)
    if comparison.is_undecided:
        return _describe_undecided(comparison, first, second, kind)
    return f"{_describe_none(comparison, first, second, kind)} {_describe_hidden(comparison, first, second, kind)}"


def describe_leader(labels: Sequence[str], leader: int, compared: Mapping[int, Comparison], kind: str = "images") -> str:
    """Whether the highest of several is really better than the others.

    Args:
        labels: of all results.
        leader, compared: as `compare_with_leader` gives them.
    """
    nearest, *others = compared
    against_nearest = describe_conclusion(compared[nearest], labels[leader], labels[nearest], kind)
    if not others:
        return against_nearest
    are_level = compared[nearest].difference == 0
    ranking = f"{labels[leader]} has the highest accuracy of {len(labels)}, {labels[nearest]} {'the same' if are_level else 'the next'}."
    return " ".join(filter(None, (ranking, against_nearest, _describe_others(labels, compared, others))))


def format_points(share: float, comparison: Comparison) -> str:
    """A difference of shares, from 0 to 1, in percentage points, as finely as so many images allow: "2.1 points"."""
    digits = _digits(comparison)
    if 0 < abs(share) * 100 < 10.0**-digits / 2:
        return f"less than {10.0**-digits:.{digits}f} points"
    return f"{share * 100:.{digits}f} points"


def describe_interval(comparison: Comparison) -> str:
    """The ends of the interval of the difference in percentage points, such as "0.9 to 3.3"; of a larger second, without its minus."""
    low, high = (comparison.low, comparison.high) if comparison.difference >= 0 else (-comparison.high, -comparison.low)
    digits = _digits(comparison)
    return f"{low * 100:.{digits}f} to {high * 100:.{digits}f}"


def _describe_difference(comparison: Comparison, first: str, second: str, kind: str) -> str:
    better, worse = (first, second) if comparison.difference > 0 else (second, first)
    ordered = comparison if comparison.difference > 0 else comparison.turned
    among = f" even among {comparison.at_once} comparisons at once" if comparison.at_once > 1 else ""
    return (
        f"{_capital(better)} is better than {worse}: {_shares(ordered, kind)}. The difference is "
        f"{format_points(ordered.difference, comparison)} (95 % interval {describe_interval(comparison)}), "
        f"more than luck would make{among}."
    )


def _describe_undecided(comparison: Comparison, first: str, second: str, kind: str) -> str:
    better = first if comparison.difference >= 0 else second
    words = f"Between {first} and {second} it is undecided: {_shares(comparison, kind)}."
    if comparison.low <= 0 <= comparison.high:
        return f"{words} The test finds a difference, its 95 % interval ({describe_interval(comparison)} points) does not leave out 0."
    alone = f"Taken alone, {better} is {describe_interval(comparison)} points better (95 % interval), but "
    if comparison.at_once > 1:
        return f"{words} {alone}of {comparison.at_once} comparisons at once, luck may well bring about one such difference."
    return f"{words} {alone}luck alone makes a difference like this in {format_percent(comparison.p)} of the cases."


def _describe_none(comparison: Comparison, first: str, second: str, kind: str) -> str:
    if comparison.is_paired and comparison.right[0] == comparison.right[1]:
        right, images = comparison.right[0], comparison.images[0]
        return (
            f"{_capital(first)} and {second} read equally many right, {format_count(right)} "
            f"of the same {format_count(images)} {_number(kind, images)}."
        )
    return f"No difference was found between {first} and {second}: {_shares(comparison, kind)}."


def _describe_hidden(comparison: Comparison, first: str, second: str, kind: str) -> str:
    """How much better either could be, as far as these images tell."""
    ahead, behind = (format_points(max(0.0, end), comparison) for end in (comparison.high, -comparison.low))
    if ahead == behind:
        return f"That does not make them equal: on other {kind}, either could be up to {ahead} better (95 % interval)."
    return (
        f"That does not make them equal: on other {kind}, {first} could be up to {ahead} better, "
        f"or {second} up to {behind} (95 % interval)."
    )


def _describe_others(labels: Sequence[str], compared: Mapping[int, Comparison], others: Sequence[int]) -> str:
    clear = [labels[place] for place in others if compared[place].is_clear]
    unclear = [labels[place] for place in others if not compared[place].is_clear]
    either = "" if compared[next(iter(compared))].is_clear else " either"
    better = f"It is better than {_listed(clear)}." if clear else ""
    unknown = f"No clear difference was found from {_listed(unclear)}{either}." if unclear else ""
    return " ".join(filter(None, (better, unknown)))


def _shares(comparison: Comparison, kind: str) -> str:
    digits = _digits(comparison)
    first, second = (format_percent(share, digits) for share in comparison.accuracies)
    one, other = comparison.images
    if comparison.is_paired:
        which = f"the {format_count(one)} {_number(kind, one)} that both were asked about" if comparison.left_out else ""
        return f"{first} against {second} of {which or f'the same {format_count(one)} {_number(kind, one)}'} read right"
    return (
        f"{first} of {format_count(one)} {_number(kind, one)} read right against {second} of {format_count(other)} others, "
        "and on different images only a large difference shows"
    )


def _digits(comparison: Comparison) -> int:
    return 2 if min(comparison.images) >= MANY else 1


def _number(kind: str, count: int) -> str:
    return kind[:-1] if count == 1 else kind


def _capital(name: str) -> str:
    """The name of a run stays as it is; "the copy" begins a sentence as "The copy"."""
    return f"T{name[1:]}" if name.startswith(("the ", "this ")) else name


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
