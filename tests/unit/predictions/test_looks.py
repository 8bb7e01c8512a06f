"""How often test images were looked at, and what that means."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import InklingError
from core.predictions.looks import describe_looks, describe_validation_looks, luck_of_the_best


def test_one_look_is_not_lucky() -> None:
    assert luck_of_the_best(1, 10_000, 0.97) == 0.0


@pytest.mark.parametrize("looks", [2, 5, 20, 100])
def test_the_luck_of_the_best_is_that_of_networks_drawn_at_random(looks: int) -> None:
    right = np.random.default_rng(8).binomial(2_000, 0.9, (20_000, looks))
    simulated = right.max(axis=1).mean() / 2_000 - 0.9
    assert luck_of_the_best(looks, 2_000, 0.9) == pytest.approx(simulated, rel=0.05)


def test_more_images_leave_less_to_luck_and_more_looks_more() -> None:
    assert luck_of_the_best(10, 40_000, 0.9) == pytest.approx(luck_of_the_best(10, 10_000, 0.9) / 2)
    assert luck_of_the_best(3, 100, 0.9) < luck_of_the_best(4, 100, 0.9)
    assert luck_of_the_best(50, 100, 1.0) == 0.0


@pytest.mark.parametrize(("looks", "images", "accuracy"), [(0, 10, 0.5), (1, 0, 0.5), (1, 10, 1.1), (1, 10, float("nan"))])
def test_what_can_not_be_is_refused(looks: int, images: int, accuracy: float) -> None:
    with pytest.raises(InklingError, match="expected at least one look"):
        luck_of_the_best(looks, images, accuracy)


def test_the_count_is_told_with_what_it_means() -> None:
    assert describe_looks(0, 10_000, None).startswith("No network's answers")
    assert "1 network to these test images" in describe_looks(1, 10_000, 0.97)
    assert "more tempting" in describe_looks(1, 10_000, 0.97)
    twenty = describe_looks(20, 10_000, 0.97)
    assert twenty.startswith("The answers of 20 networks to these test images have been looked at on this machine.")
    # 1.87 standard errors of 0.17 points.
    assert "even if all are equally good: by about 0.3 points on average, by luck alone. It is less the more they err" in twenty


def test_networks_whose_accuracies_lie_close_together_owe_less_to_luck() -> None:
    assert luck_of_the_best(20, 144, 0.97, spread=0.0043) == pytest.approx(0.0080, abs=0.0001)
    # A wider spread than chance makes is a difference between the networks.
    assert luck_of_the_best(20, 144, 0.97, spread=0.2) == luck_of_the_best(20, 144, 0.97)


def test_the_luck_of_the_best_is_told_for_validation_images_too() -> None:
    assert describe_validation_looks([0.97], 6_000).startswith("Choose by these images, not by test images.")
    words = describe_validation_looks([0.96, 0.98], 144)
    assert "The best of 2 networks looks better on these images than it is" in words
    assert "by about 0.8 points on average, by luck alone." in words and "only the test images tell" in words
    assert "by about 0.8 points on average" in describe_validation_looks([0.9657, 0.9743] * 10, 144)


@pytest.mark.parametrize(("images", "accuracy"), [(10_000, None), (10_000, 1.0), (10_000_000, 0.9)])
def test_without_a_number_worth_telling_there_is_none(images: int, accuracy: float | None) -> None:
    words = describe_looks(20, images, accuracy)
    assert "even if all are equally good." in words and "points" not in words


def test_the_looks_say_which_network_was_not_the_user_s_own() -> None:
    assert describe_looks(1, 10_000, 0.97, with_shipped=True).startswith("No answers of a network of your own")
    assert "The network that comes with Inkling is one of them." in describe_looks(2, 10_000, 0.97, with_shipped=True)
    assert "comes with Inkling" not in describe_looks(2, 10_000, 0.97)
