"""Maps of images: which images, and where they lie."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from core.datasets.projection import (
    MapSettings,
    Method,
    check_settings,
    choose_images,
    estimate_seconds,
    find_components,
    highest_perplexity,
    nearest_in_values,
    nearest_on_map,
    pixel_values,
    project,
    shrink,
    shrink_factor,
)
from core.datasets.tsne_talk import listening
from core.errors import Cancelled, DatasetError

TSNE = MapSettings(count=60, method=Method.TSNE, perplexity=10)


@pytest.fixture(autouse=True)
def one_core() -> Iterator[None]:
    """Threads that wait for each other on a busy machine would take most of the time."""
    import sklearn.manifold  # noqa: F401 - loads the libraries whose threads are limited

    with threadpool_limits(1):
        yield


def clusters(count: int = 60, values: int = 12, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Three groups of points far from each other, and which group each is of."""
    generator = np.random.default_rng(seed)
    labels = np.arange(count) % 3
    centres = generator.normal(size=(3, values)) * 4
    return (centres[labels] + generator.normal(size=(count, values))).astype(np.float32), labels


@given(st.lists(st.integers(0, 4), min_size=5, max_size=60), st.data())
@settings(max_examples=40, deadline=None)
def test_each_class_has_its_share_of_the_images_to_within_one(labels: list[int], data: st.DataObject) -> None:
    array = np.array(labels, np.int32)
    count = data.draw(st.integers(1, len(labels)))
    chosen = choose_images(array, count, seed=7)
    assert len(chosen) == count == len(set(chosen.tolist()))
    assert (np.diff(chosen) > 0).all()
    classes = len(np.unique(array))
    for label in np.unique(array):
        share = count * np.mean(array == label)
        assert abs(np.sum(array[chosen] == label) - share) <= max(1.0, classes / 2)


def test_a_choice_in_even_classes_is_exactly_even() -> None:
    labels = np.repeat(np.arange(4, dtype=np.int32), 25)
    assert np.bincount(labels[choose_images(labels, 40, seed=1)]).tolist() == [10, 10, 10, 10]


def test_the_same_seed_chooses_the_same_images_and_another_others() -> None:
    labels = np.arange(200, dtype=np.int32) % 3
    np.testing.assert_array_equal(choose_images(labels, 50, 1), choose_images(labels, 50, 1))
    assert set(choose_images(labels, 50, 1)) != set(choose_images(labels, 50, 2))


def test_a_larger_choice_contains_the_smaller_one() -> None:
    labels = np.random.default_rng(0).integers(0, 5, 300).astype(np.int32)
    assert set(choose_images(labels, 30, 4)) < set(choose_images(labels, 120, 4))


@pytest.mark.parametrize("values", [12, 1_100])
def test_pca_agrees_with_the_singular_values(values: int) -> None:
    points, _ = clusters(values=values)
    components, shares = find_components(points, 2)
    left, singular, _ = np.linalg.svd(points - points.mean(axis=0), full_matrices=False)
    expected = left[:, :2] * singular[:2]
    np.testing.assert_allclose(np.abs(components), np.abs(expected), atol=1e-2)
    np.testing.assert_allclose(shares, (singular**2 / (singular**2).sum())[:2], rtol=1e-3)


@pytest.mark.parametrize("values", [np.zeros((5, 4), np.float32), np.ones((4, 1), np.float32), np.eye(3, dtype=np.float32)])
@pytest.mark.parametrize("method", Method)
def test_images_without_any_difference_or_with_one_pixel_have_a_map_or_an_error_in_words(values: np.ndarray, method: Method) -> None:
    wanted = MapSettings(count=len(values), method=method, perplexity=5)
    if method == Method.TSNE:
        with pytest.raises(DatasetError, match="Take more images, or PCA"):
            project(values, wanted)
        return
    found = project(values, wanted)
    assert found.positions.shape == (len(values), 2)
    assert np.isfinite(found.positions).all() and np.isfinite(found.kept).all()


def test_tsne_of_images_that_are_all_the_same_does_not_fail() -> None:
    found = project(np.zeros((40, 4), np.float32), MapSettings(count=40, method=Method.TSNE, perplexity=5))
    assert np.isfinite(found.positions).all()


def test_tsne_keeps_groups_together_and_says_how_far_it_is() -> None:
    points, labels = clusters()
    heard: list[tuple[float, str]] = []
    found = project(points, TSNE, lambda share, message: heard.append((share, message)))
    assert (found.positions.shape, found.positions.dtype, len(found.kept)) == ((60, 2), np.float32, 0)
    assert np.mean(labels[nearest_on_map(found.positions)] == labels) > 0.95
    shares = [share for share, _ in heard]
    assert shares == sorted(shares)
    assert len(set(shares)) >= 10
    assert any("Iteration 250 of 1,000" in message for _, message in heard)


def test_tsne_with_the_same_seed_is_the_same_map() -> None:
    points, _ = clusters()
    np.testing.assert_array_equal(project(points, TSNE).positions, project(points, TSNE).positions)


def test_tsne_can_be_called_off_while_it_runs() -> None:
    points, _ = clusters()
    heard: list[float] = []
    with pytest.raises(Cancelled):
        project(points, TSNE, lambda share, message: heard.append(share), lambda: len(heard) >= 5)
    assert len(heard) == 5


def test_standard_output_is_given_back_and_what_others_print_goes_through(capsys: pytest.CaptureFixture[str]) -> None:
    before = sys.stdout
    heard: list[str] = []
    with listening(lambda share, message: (heard.append(message), print("told")), lambda: False, 1_000):
        print("[t-SNE] Iteration 50: error = 1")
        print("not from t-SNE")
        other = threading.Thread(target=lambda: print("[t-SNE] from another thread"))
        other.start()
        other.join()
        print("[t-SNE] something no version has said yet")
        print("[t-SNE] Iteration none", end="")
    assert sys.stdout is before
    assert heard == ["Iteration 50 of 1,000."]
    assert capsys.readouterr().out.splitlines() == ["told", "not from t-SNE", "[t-SNE] from another thread"]


def test_a_second_map_waits_its_turn_and_can_be_called_off_meanwhile() -> None:
    with listening(lambda share, message: None, lambda: False, 10):
        problems: list[Exception] = []

        def second() -> None:
            try:
                with listening(lambda share, message: None, lambda: True, 10):
                    pass
            except Cancelled as error:
                problems.append(error)

        thread = threading.Thread(target=second)
        thread.start()
        thread.join(10)
    assert len(problems) == 1


@pytest.mark.parametrize(
    ("wanted", "available", "words"),
    [
        (MapSettings(count=2), 100, "expected 3 to 100"),
        (MapSettings(count=101), 100, "expected 3 to 100"),
        (MapSettings(count=10_001), 60_000, "expected 3 to 10,000"),
        (MapSettings(count=90, method=Method.TSNE, perplexity=30), 100, "expected 5 to 29"),
        (MapSettings(count=900, method=Method.TSNE, perplexity=51), 1_000, "expected 5 to 50"),
        (MapSettings(count=900, method=Method.TSNE, perplexity=4), 1_000, "expected 5 to 50"),
    ],
)
def test_settings_that_do_not_fit_are_refused_with_the_bounds(wanted: MapSettings, available: int, words: str) -> None:
    with pytest.raises(DatasetError, match=words):
        check_settings(wanted, available)


def test_the_highest_perplexity_is_a_third_of_the_images() -> None:
    assert [highest_perplexity(count) for count in (16, 100, 151, 10_000)] == [5, 33, 50, 50]


def test_only_what_changes_a_map_changes_its_key() -> None:
    assert MapSettings(perplexity=5).key == MapSettings(perplexity=50).key
    assert len({MapSettings(method=Method.TSNE, perplexity=number).key for number in (5, 6)}) == 2
    assert len({MapSettings().key, MapSettings(count=9).key, MapSettings(seed=2).key, MapSettings(method=Method.TSNE).key}) == 4


def test_more_images_take_longer_and_more_cores_less() -> None:
    small, large = (MapSettings(count=count, method=Method.TSNE) for count in (500, 5_000))
    assert estimate_seconds(small, 2) < estimate_seconds(large, 2) < estimate_seconds(large, 1)


def test_pixels_become_numbers_from_0_to_1() -> None:
    images = np.array([[[0, 4], [8, 16]]], np.uint8)
    np.testing.assert_array_equal(pixel_values(images, 16), np.array([[0, 0.25, 0.5, 1]], np.float32))


@pytest.mark.parametrize("shape", [(4, 6), (5, 7), (4, 6, 3), (1, 1)])
def test_shrunk_images_hold_the_means_of_their_blocks(shape: tuple[int, ...]) -> None:
    images = np.random.default_rng(2).integers(0, 256, (3, *shape), dtype=np.uint8)
    small = shrink(images, 2)
    assert small.shape[1:3] == (-(-shape[0] // 2), -(-shape[1] // 2))
    corner = images[:, -2 + shape[0] % 2 :, -2 + shape[1] % 2 :] if min(shape[:2]) > 1 else images
    np.testing.assert_allclose(small[:, -1, -1], corner.mean(axis=(1, 2)), atol=0.51)


def test_images_are_shrunk_only_where_they_would_not_fit_into_memory() -> None:
    assert shrink_factor((28, 28), 10_000) == shrink_factor((32, 32, 3), 10_000) == shrink_factor((256, 256), 500) == 1
    assert shrink_factor((256, 256, 3), 10_000) == 8
    np.testing.assert_array_equal(shrink(np.ones((2, 3, 3), np.uint8), 1), np.ones((2, 3, 3), np.uint8))


def test_the_nearest_point_is_never_the_point_itself_even_where_points_coincide() -> None:
    positions = np.array([[0, 0], [0, 0], [0, 0], [5, 5], [5, 6]], np.float32)
    nearest = nearest_on_map(positions)
    assert (nearest != np.arange(5)).all()
    assert nearest[3:].tolist() == [4, 3]
    assert set(nearest[:3]) <= {0, 1, 2}


def test_the_nearest_row_is_the_one_with_the_smallest_distance() -> None:
    points, _ = clusters(count=300)
    asked = np.arange(0, 300, 1)
    distances = np.square(points[:, np.newaxis] - points[np.newaxis]).sum(axis=2)
    np.fill_diagonal(distances, np.inf)
    np.testing.assert_array_equal(nearest_in_values(points, asked), distances.argmin(axis=1))
