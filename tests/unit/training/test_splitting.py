from __future__ import annotations

import numpy as np
import pytest

from core.training.splitting import choose_examples, choose_sample, choose_stratified, order_epoch, split_validation

SORTED = np.repeat(np.arange(4, dtype=np.int32), [100, 60, 30, 10])


def _everything_once(split, count):
    return sorted([*split.training.tolist(), *split.validation.tolist()]) == list(range(count))


@pytest.mark.parametrize("seed", [0, 1, 2**31 - 1])
def test_every_class_gives_the_same_share(seed):
    split = split_validation(SORTED, 0.1, shuffle=True, seed=seed)
    assert np.bincount(SORTED[split.validation]).tolist() == [10, 6, 3, 1]
    assert _everything_once(split, 200)


def test_the_same_seed_holds_back_the_same_images_and_another_seed_others():
    one, again, other = (split_validation(SORTED, 0.2, shuffle=True, seed=seed).validation for seed in (1, 1, 2))
    assert one.tolist() == again.tolist() != other.tolist()


@pytest.mark.parametrize("share", [0.1, 0.25, 0.33, 0.5])
def test_without_shuffling_the_last_images_are_held_back_as_keras_does(share):
    from keras.src.trainers.data_adapters.array_slicing import train_validation_split

    images = np.arange(len(SORTED))
    (training,), (validation,) = train_validation_split((images,), validation_split=share)
    split = split_validation(SORTED, share, shuffle=False, seed=1)
    assert split.training.tolist() == training.tolist()
    assert split.validation.tolist() == validation.tolist()


@pytest.mark.parametrize("shuffle", [True, False])
def test_a_share_of_nothing_holds_nothing_back(shuffle):
    split = split_validation(SORTED, 0.0, shuffle=shuffle, seed=1)
    assert split.training.tolist() == list(range(200))
    assert split.validation.tolist() == []


def test_an_only_image_of_its_class_stays_in_training():
    labels = np.array([0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2], np.int32)
    for seed in range(20):
        split = split_validation(labels, 0.3, shuffle=True, seed=seed)
        assert 10 in split.training
        assert len(split.validation) == 4
        assert _everything_once(split, 11)


@pytest.mark.parametrize("labels", [[0, 1], [0, 1, 2, 3, 4], [0, 0, 1, 1, 2, 2, 3, 3], [0, 0, 0, 1]])
@pytest.mark.parametrize("share", [0.01, 0.1, 0.5])
def test_tiny_sets_are_split_all_the_same(labels, share):
    labels = np.array(labels, np.int32)
    split = split_validation(labels, share, shuffle=True, seed=5)
    assert len(split.training) >= 1
    assert len(split.validation) >= 1
    assert _everything_once(split, len(labels))


def test_positions_are_int32_as_the_compiled_loop_expects():
    split = split_validation(SORTED, 0.1, shuffle=True, seed=1)
    order = order_epoch(split.training, shuffle=True, seed=1, epoch=1)
    sample = choose_sample(split.validation, 5, seed=1)
    assert {array.dtype for array in (split.training, split.validation, order, sample)} == {np.dtype(np.int32)}


def test_each_epoch_has_an_order_of_its_own_and_a_seed_repeats_it():
    positions = np.arange(50, dtype=np.int32)
    first, second, again = (order_epoch(positions, shuffle=True, seed=9, epoch=epoch).tolist() for epoch in (1, 2, 1))
    assert first == again != second
    assert sorted(first) == positions.tolist()


def test_without_shuffling_the_order_is_that_of_the_file():
    positions = np.arange(50, dtype=np.int32)
    assert order_epoch(positions, shuffle=False, seed=9, epoch=3).tolist() == positions.tolist()


def test_a_sample_of_a_sorted_file_holds_several_classes():
    sample = choose_sample(np.arange(200, dtype=np.int32), 40, seed=1)
    assert len(set(sample.tolist())) == 40
    assert len(np.unique(SORTED[sample])) >= 3


def test_a_sample_of_few_is_all_of_them():
    assert choose_sample(np.arange(30, dtype=np.int32), 40, seed=1).tolist() == list(range(30))


def test_fewer_training_images_are_the_same_share_of_each_class_in_the_order_of_the_file():
    split = split_validation(SORTED, 0.1, shuffle=True, seed=1)
    chosen = choose_stratified(split.training, SORTED, 100, seed=1)
    assert np.bincount(SORTED[chosen]).tolist() == [50, 30, 15, 5]
    assert chosen.dtype == np.int32
    assert chosen.tolist() == sorted(set(chosen.tolist()) & set(split.training.tolist()))


def test_fewer_training_images_are_others_for_another_seed_and_the_same_for_the_same():
    everything = np.arange(200, dtype=np.int32)
    one, again, other = (choose_stratified(everything, SORTED, 100, seed).tolist() for seed in (1, 1, 2))
    assert one == again != other


@pytest.mark.parametrize("count", [None, 200, 5000])
def test_as_many_training_images_as_there_are_means_all(count):
    everything = np.arange(200, dtype=np.int32)
    assert choose_stratified(everything, SORTED, count, seed=1) is everything


def test_an_only_image_of_its_class_is_always_trained_on():
    labels = np.array([0] * 50 + [1] * 50 + [2], np.int32)
    for seed in range(20):
        chosen = choose_stratified(np.arange(101, dtype=np.int32), labels, 20, seed)
        assert 100 in chosen
        assert len(chosen) == 20


def test_examples_are_as_even_over_the_classes_as_can_be_and_sorted_by_class():
    examples = choose_examples(np.arange(200, dtype=np.int32), SORTED, 12, seed=1)
    assert SORTED[examples].tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert len(set(examples.tolist())) == 12
    few = choose_examples(np.array([0, 1, 2, 3, 4, 199], np.int32), SORTED, 4, seed=1)
    assert SORTED[few].tolist() == [0, 0, 0, 3]


def test_few_images_are_all_examples():
    assert sorted(choose_examples(np.array([7, 3], np.int32), SORTED, 12, seed=1).tolist()) == [3, 7]
