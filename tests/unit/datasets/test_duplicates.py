"""Twins planted among random images are found, and nothing else is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from core.datasets.catalog import load_digits
from core.datasets.duplicates import (
    LIMITS,
    Duplicates,
    describe_conflicts,
    describe_leak,
    find_duplicates,
    standardise,
)
from core.datasets.image_set import ImageSet
from core.errors import Cancelled
from tests.unit.datasets.conftest import MakeSet

Pixels = NDArray[np.uint8]


def blobs(count: int, seed: int, *shape: int) -> Pixels:
    """Images of little contrast, so that there is room to brighten them."""
    return np.random.default_rng(seed).integers(40, 160, (count, *shape), dtype=np.uint8)


def search(image_set: ImageSet) -> Duplicates:
    return find_duplicates(image_set, lambda share, message: None, lambda: False)


def pairs(found: Duplicates, limit: float = 0.4) -> list[tuple[int, int]]:
    positions = found.up_to(limit)
    return list(zip(found.test[positions].tolist(), found.training[positions].tolist(), strict=True))


@pytest.fixture(params=[(8, 8), (5, 6, 3)], ids=["grey", "colour"])
def halves(request: pytest.FixtureRequest) -> Iterator[tuple[Pixels, Pixels]]:
    """80 training and 20 test images without twins."""
    yield blobs(80, 1, *request.param), blobs(20, 2, *request.param)


def make(make_set: MakeSet, halves: tuple[Pixels, Pixels]) -> ImageSet:
    """A set of these images, with labels."""
    training, test = halves
    return replace(make_set(training=len(training), test=len(test)), x_train=training, x_test=test)


def test_a_set_without_twins_has_none(make_set: MakeSet, halves: tuple[Pixels, Pixels]) -> None:
    found = search(make(make_set, halves))
    assert len(found.test) == len(found.first) == 0


def test_exact_copies_across_the_halves_are_found(make_set: MakeSet, halves: tuple[Pixels, Pixels]) -> None:
    training, test = halves
    test[4], test[9] = training[70], training[0]
    found = search(make(make_set, halves))
    assert sorted(pairs(found)) == [(4, 70), (9, 0)]
    assert found.exact.all() and not found.distances.any() and not found.closeness.any()


def test_a_copy_that_is_brighter_or_noisier_is_found_but_is_not_exact(make_set: MakeSet, halves: tuple[Pixels, Pixels]) -> None:
    training, test = halves
    test[3] = training[11] // 2 + 90
    test[5] = training[12] + np.random.default_rng(5).integers(0, 12, training[12].shape, dtype=np.uint8)
    found = search(make(make_set, halves))
    assert sorted(pairs(found)) == [(3, 11), (5, 12)]
    assert not found.exact.any() and found.distances.all()
    assert pairs(found, 0.001) == []


def test_the_closeness_is_the_distance_in_parts_of_the_usual_one(make_set: MakeSet) -> None:
    generator = np.random.default_rng(7)
    training, test = blobs(64, 3, 6, 6), blobs(8, 4, 6, 6)
    test[0] = training[20] + generator.integers(0, 30, (6, 6), dtype=np.uint8)
    found = search(make(make_set, (training, test)))
    distances = np.linalg.norm(standardise(training) - standardise(test[:1]), axis=1)
    usual = np.median([distances[start::16].min() for start in range(16)])
    assert found.test.tolist() == [0] and found.training.tolist() == [20]
    assert found.closeness[0] == pytest.approx(distances.min() / usual, rel=1e-4)


def test_look_alikes_of_one_kind_are_no_twins(make_set: MakeSet) -> None:
    # All images are the same picture with a little noise: near each other, but none nearer than the others.
    pattern = blobs(1, 8, 8, 8)
    training, test = (pattern + np.random.default_rng(seed).integers(0, 9, (n, 8, 8), dtype=np.uint8) for seed, n in ((1, 80), (2, 20)))
    found = search(make(make_set, (training, test)))
    correlation = (standardise(training) @ standardise(test).T).max()
    assert correlation > 0.99 and pairs(found) == []


def test_a_picture_that_training_holds_many_times_is_still_a_twin(make_set: MakeSet, halves: tuple[Pixels, Pixels]) -> None:
    training, test = halves
    training[::2] = training[0]
    test[6] = training[0] // 2 + 70
    found = search(make(make_set, halves))
    assert [pair[0] for pair in pairs(found)] == [6]
    assert found.first.tolist() == [0] * 39 and found.again.tolist() == list(range(2, 80, 2))


def test_blank_images_are_twins_only_of_their_exact_copies(make_set: MakeSet, halves: tuple[Pixels, Pixels]) -> None:
    training, test = halves
    training[:3], test[0], test[1] = 0, 0, 90
    found = search(make(make_set, halves))
    assert pairs(found) == [(0, 0)] and found.exact.tolist() == [True]


def test_a_set_of_blank_images_alone_is_searched_as_well(make_set: MakeSet) -> None:
    found = search(make(make_set, (np.full((12, 4, 5), 7, np.uint8), np.zeros((6, 4, 5), np.uint8))))
    assert len(found.test) == 0 and len(found.first) == 11


def test_the_closest_pairs_come_first_and_none_is_past_the_loosest_limit(make_set: MakeSet, halves: tuple[Pixels, Pixels]) -> None:
    training, test = halves
    generator = np.random.default_rng(9)
    for place, noise in enumerate((60, 5, 30, 1, 15)):
        test[place] = training[place] + generator.integers(0, noise, training[0].shape, dtype=np.uint8)
    found = search(make(make_set, halves))
    assert np.all(np.diff(found.closeness) >= 0) and found.closeness.max() <= LIMITS[-1]
    assert found.test[0] == 3 and found.exact[0]


def test_the_search_reports_its_progress_and_can_be_called_off(make_set: MakeSet, halves: tuple[Pixels, Pixels]) -> None:
    shares: list[float] = []
    image_set = make(make_set, halves)
    find_duplicates(image_set, lambda share, message: shares.append(share), lambda: False)
    assert shares == sorted(shares) and shares[0] >= 0 and 0.9 < shares[-1] <= 1
    with pytest.raises(Cancelled):
        find_duplicates(image_set, lambda share, message: None, lambda: len(shares) > 0)


def found_pairs(*closeness: float, exact: int = 0, by_chance: float = 0.0) -> Duplicates:
    """Pairs of this closeness, of which the first are exact copies; at each limit so many are expected by chance."""
    count = len(closeness)
    places, none = np.arange(count), np.array([], dtype=np.intp)
    return Duplicates(places, places, np.array(closeness), np.ones(count), places < exact, np.full(len(LIMITS), by_chance), none, none)


def test_the_verdict_tells_a_leak_and_what_it_does_to_accuracy() -> None:
    assert describe_leak(found_pairs(by_chance=2.0), 0.4, 10_000).startswith("No test image has a twin")
    verdict = describe_leak(found_pairs(*[0.35] * 76, by_chance=0.4), 0.4, 10_000)
    assert verdict.startswith("76 of 10,000 test images (0.8 %) have a twin among the training images; up to 0.4 would look so by chance.")
    assert "up to 0.8 percentage points too high" in verdict
    one = describe_leak(found_pairs(0.0, exact=1, by_chance=5.0), 0.4, 10_000)
    assert one.startswith("1 of 10,000 test images (less than 0.1 %) has a twin")


def test_pairs_that_chance_explains_are_no_leak_but_something_to_look_at() -> None:
    verdict = describe_leak(found_pairs(0.3, 0.35, 0.4, by_chance=2.5), 0.4, 360)
    assert verdict.startswith("3 of 360 test images have a training image much nearer than usual.")
    assert "up to 2.5 come that near by chance" in verdict and "no sign of a leak" in verdict and "only eyes" in verdict


def test_very_near_pairs_are_a_leak_also_beside_many_that_chance_explains() -> None:
    expected = LIMITS**8 * 4_000
    alike = replace(found_pairs(*np.linspace(0.35, 0.5, 12)), by_chance=expected)
    copied = replace(found_pairs(0.05, 0.06, *np.linspace(0.35, 0.5, 12)), by_chance=expected)
    assert not alike.leaks(0.5)
    assert copied.leaks(0.5) and copied.leaks(0.1)


def test_the_bundled_digits_have_no_twin_and_pairs_that_look_alike_are_laid_to_chance() -> None:
    found = search(load_digits())
    assert found.usual_limit == 0.2 and len(found.up_to(found.usual_limit)) == 0
    near = len(found.up_to(0.4))
    assert near == 3 and not found.leaks(0.4)
    # No two of them are the same picture: of their 64 pixels these differ in a dozen at least.
    digits = load_digits()
    differing = (digits.x_test[found.test[:near]] != digits.x_train[found.training[:near]]).sum(axis=(1, 2))
    assert differing.min() >= 12


def test_a_copy_planted_among_the_bundled_digits_is_told_from_chance() -> None:
    digits = load_digits()
    test = digits.x_test.copy()
    changed = digits.x_train[[5, 600]].astype(int)
    changed[:, 3, 3:5] += np.where(changed[:, 3, 3:5] > 8, -1, 1)
    test[[10, 20]] = changed
    found = search(replace(digits, x_test=test))
    assert sorted(pairs(found, found.usual_limit)) == [(10, 5), (20, 600)]
    assert found.leaks(found.usual_limit) and found.leaks(0.5)


@pytest.mark.parametrize("dimensions", [4, 8, 16])
def test_what_is_expected_by_chance_is_what_comes_by_chance(make_set: MakeSet, dimensions: int) -> None:
    """Points spread evenly in so many directions, drawn as images of 16 x 16 pixels, none of them a twin."""
    generator = np.random.default_rng(dimensions)
    directions = np.linalg.qr(generator.normal(size=(256, dimensions)))[0]

    def draw(count: int) -> Pixels:
        return (
            np.clip(128 + 60 * generator.normal(size=(count, dimensions)) @ directions.T * 4, 0, 255).astype(np.uint8).reshape(-1, 16, 16)
        )

    found = search(make(make_set, (draw(1_600), draw(400))))
    came = np.array([len(found.up_to(limit)) for limit in LIMITS])
    # Chance may bring a few more or fewer; at the edge of the cloud the estimate is too careful.
    assert (came <= found.by_chance + 3 * np.sqrt(found.by_chance) + 1).all()
    assert (found.by_chance <= 8 * came + 8).all()


def test_conflicting_labels_are_pointed_out_only_where_there_are_any() -> None:
    assert describe_conflicts(0, 12) == ""
    assert describe_conflicts(1, 12).startswith("1 of the 12 pairs carries two different labels")
    assert describe_conflicts(3, 12).startswith("3 of the 12 pairs carry two different labels")
