"""How much ink the images of a set hold, how large it is and where it lies, and one image among them."""

from __future__ import annotations

import io

import numpy as np
import pytest

from core.datasets.ink_measures import Paper
from core.drawing.profile import QUANTILES, Place, Profile, Trait, build_profile, measure_traits, place_in
from core.errors import DatasetError

WHITE_ON_BLACK = Paper(0, False, 255)
TRAITS = list(Trait)


def line(width: float, degrees: float, length: float = 40, side: int = 60) -> np.ndarray:
    """A straight stroke through the middle, its edges as grey as they cover their pixels."""
    fine = 8
    rows, columns = (np.mgrid[: side * fine, : side * fine] - side * fine / 2 + 0.5) / fine
    turn = np.deg2rad(degrees)
    along, across = columns * np.cos(turn) + rows * np.sin(turn), rows * np.cos(turn) - columns * np.sin(turn)
    inked = (np.abs(along) < length / 2) & (np.abs(across) < width / 2)
    return np.rint(inked.reshape(side, fine, side, fine).mean(axis=(1, 3)) * 255).astype(np.uint8)


def rising() -> np.ndarray:
    """Twenty images 40 x 40, each a bar as high as 11 to 30 pixels."""
    images = np.zeros((20, 40, 40), dtype=np.uint8)
    for number, image in enumerate(images):
        image[5 : 16 + number, 18:22] = 255
    return images


def trait(images: np.ndarray, name: Trait, paper: Paper = WHITE_ON_BLACK) -> np.ndarray:
    return measure_traits(images, paper)[TRAITS.index(name)]


@pytest.mark.parametrize("width", [2, 3, 4, 6])
@pytest.mark.parametrize("degrees", [0, 20, 45, 70])
def test_the_width_of_a_stroke_is_found_at_any_angle(width: float, degrees: float) -> None:
    long_band = width * 40 / (40 + width)  # The ends are a part of the outline.
    assert trait(line(width, degrees)[None], Trait.STROKE)[0] == pytest.approx(long_band, rel=0.12)


def test_dark_ink_on_bright_paper_measures_the_same() -> None:
    image = line(3, 30)
    np.testing.assert_allclose(measure_traits(255 - image[None], Paper(255, True, 255)), measure_traits(image[None], WHITE_ON_BLACK))


def test_ink_at_the_border_has_an_outline_there_too() -> None:
    whole = np.full((1, 10, 10), 255, dtype=np.uint8)
    assert trait(whole, Trait.STROKE)[0] == pytest.approx(5, rel=0.1)


def test_the_offset_is_the_distance_of_the_centre_of_mass_from_the_middle() -> None:
    image = np.zeros((1, 9, 9), dtype=np.uint8)
    image[0, 4 + 3, 4 - 4] = 255
    assert trait(image, Trait.OFFSET)[0] == pytest.approx(5)


def test_an_image_without_ink_has_no_traits() -> None:
    assert np.isnan(measure_traits(np.zeros((1, 5, 5), np.uint8), WHITE_ON_BLACK)).all()


def test_a_profile_has_a_rising_row_of_quantiles_for_each_trait() -> None:
    profile = build_profile(rising(), 255)
    assert profile.quantiles.shape == (len(Trait), QUANTILES)
    assert (np.diff(profile.quantiles, axis=1) >= 0).all()
    assert profile.images == 20


def test_images_without_ink_are_left_out_and_a_set_without_any_is_refused() -> None:
    images = np.concatenate([rising(), np.zeros((5, 40, 40), np.uint8)])
    assert build_profile(images, 255).images == 20
    with pytest.raises(DatasetError, match="None of 5 images"):
        build_profile(np.zeros((5, 40, 40), np.uint8), 255)


def test_a_profile_comes_back_from_a_file_as_it_was() -> None:
    profile, file = build_profile(rising(), 255), io.BytesIO()
    np.savez(file, **profile.to_arrays())
    file.seek(0)
    with np.load(file, allow_pickle=False) as archive:
        again = Profile.from_arrays(archive)
    assert (again.paper, again.images) == (profile.paper, profile.images)
    np.testing.assert_array_equal(again.quantiles, profile.quantiles)
    assert place_in(again, rising()[3]) == place_in(profile, rising()[3])


def test_an_image_is_placed_between_those_that_are_smaller_and_those_that_are_larger() -> None:
    images = rising()
    places = {place.trait: place for place in place_in(build_profile(images, 255), images[10])}
    assert places[Trait.HEIGHT].value == 21
    assert places[Trait.HEIGHT].below == pytest.approx(10 / 19, abs=0.02)
    assert places[Trait.HEIGHT].above == pytest.approx(9 / 19, abs=0.02)
    # All have the same width: none is narrower or wider.
    assert (places[Trait.WIDTH].below, places[Trait.WIDTH].above) == (0, 0)


def test_beyond_all_images_the_share_is_all_or_none() -> None:
    images = rising()
    tall = np.zeros((40, 40), dtype=np.uint8)
    tall[:, 18:22] = 255
    places = {place.trait: place for place in place_in(build_profile(images, 255), tall)}
    assert (places[Trait.HEIGHT].below, places[Trait.HEIGHT].above) == (1, 0)
    assert places[Trait.HEIGHT].is_high and not places[Trait.WIDTH].is_high and not places[Trait.WIDTH].is_low


def test_nothing_is_said_of_an_image_without_ink() -> None:
    assert place_in(build_profile(rising(), 255), np.zeros((40, 40), np.uint8)) == ()


@pytest.mark.parametrize(
    ("below", "above", "is_low", "is_high"),
    [(0.02, 0.98, True, False), (0.97, 0.03, False, True), (0.5, 0.5, False, False), (0.11, 0.0, False, False), (0.0, 0.0, False, False)],
)
def test_only_what_is_on_the_far_side_of_nineteen_of_twenty_images_is_unusual(
    below: float, above: float, is_low: bool, is_high: bool
) -> None:
    place = Place(Trait.INK, 0.1, below, above)
    assert (place.is_low, place.is_high) == (is_low, is_high)
