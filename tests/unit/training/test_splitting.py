from __future__ import annotations

import hashlib

import numpy as np
import pytest

from core.errors import SpecError
from core.networks.spec import read_spec
from core.training.splitting import (
    check_split,
    choose_examples,
    choose_sample,
    choose_stratified,
    describe_split,
    order_epoch,
    split_images,
)

SORTED = np.repeat(np.arange(4, dtype=np.int32), [100, 60, 30, 10])


def _everything_once(split, count):
    return sorted([*split.training.tolist(), *split.validation.tolist()]) == list(range(count))


def _split(labels, share=0.1, **settings):
    return split_images(read_spec({"validation_split": share, **settings}), np.asarray(labels, np.int32))


@pytest.mark.parametrize("seed", [0, 1, 2**31 - 1])
def test_every_class_gives_the_same_share(seed):
    split = _split(SORTED, split_seed=seed)
    assert np.bincount(SORTED[split.validation]).tolist() == [10, 6, 3, 1]
    assert _everything_once(split, 200)


def test_the_split_seed_alone_draws_the_images():
    one, again, other = (_split(SORTED, 0.2, **seeds).validation for seeds in ({}, {"seed": 9}, {"split_seed": 2}))
    assert one.tolist() == again.tolist() != other.tolist()


def test_a_larger_share_holds_back_the_same_images_and_more():
    few, many = (set(_split(SORTED, share).validation.tolist()) for share in (0.1, 0.3))
    assert few < many


@pytest.mark.parametrize("share", [0.1, 0.25, 0.33, 0.5])
def test_without_shuffling_the_last_images_are_held_back_as_keras_does(share):
    from keras.src.trainers.data_adapters.array_slicing import train_validation_split

    images = np.arange(len(SORTED))
    (training,), (validation,) = train_validation_split((images,), validation_split=share)
    split = _split(SORTED, share, shuffle=False)
    assert split.training.tolist() == training.tolist()
    assert split.validation.tolist() == validation.tolist()


@pytest.mark.parametrize("shuffle", [True, False])
def test_a_share_of_nothing_holds_nothing_back(shuffle):
    split = _split(SORTED, 0.0, shuffle=shuffle)
    assert split.training.tolist() == list(range(200))
    assert split.validation.tolist() == []


CROWDS = {
    "two of each of ten": np.repeat(np.arange(10), 2),
    "one of one class": np.array([0] * 5 + [1] * 5 + [2]),
    "one of each but one": np.array([0, 1, 2, 3, 4, 4, 4]),
    "very unequal": np.repeat(np.arange(5), [500, 40, 3, 2, 1]),
}


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5])
@pytest.mark.parametrize("labels", CROWDS.values(), ids=CROWDS)
def test_no_class_loses_its_last_training_image(labels, share):
    for seed in range(20):
        split = _split(labels, share, split_seed=seed)
        assert set(labels[split.training]) == set(labels)
        assert len(split.validation) >= 1
        assert _everything_once(split, len(labels))


def test_classes_of_two_images_give_as_many_as_were_asked_for_while_they_can():
    labels = CROWDS["two of each of ten"]
    assert [len(_split(labels, share).validation) for share in (0.1, 0.5)] == [2, 10]


def test_where_each_class_has_a_single_image_none_can_be_held_back():
    split = _split([0, 1, 2], 0.5)
    assert (split.training.tolist(), split.validation.tolist()) == ([0, 1, 2], [])
    with pytest.raises(SpecError, match="Every class has a single training image"):
        check_split(read_spec({"validation_split": 0.5}), np.arange(3, dtype=np.int32))


# Worked out by the program that made such runs.
FIRST_VERSION = {
    "21a8ecaa33b8d071": {},
    "53ff8003a427c480": {"training_images": 300},
    "9f599a3670c09540": {"shuffle": False},
}


@pytest.mark.parametrize(("digest", "settings"), FIRST_VERSION.items())
def test_runs_of_the_first_version_keep_the_images_they_had(digest, settings):
    labels = np.repeat(np.arange(4), [400, 240, 120, 40])
    split = _split(labels, version=1, seed=7, **settings)
    assert hashlib.sha256(split.validation.tobytes() + split.training.tobytes()).hexdigest()[:16] == digest


def _refusal(labels, **settings):
    with pytest.raises(SpecError) as refusal:
        check_split(read_spec(settings), np.asarray(labels, np.int32))
    [problem] = refusal.value.problems
    assert problem.field == "validation_split"
    return problem.message


def test_a_file_in_the_order_of_its_classes_is_not_split_without_shuffling():
    message = _refusal(SORTED, shuffle=False, validation_split=0.05)
    assert "the last 10 of the 200 training images in the file, as Shuffle is off, and take all training images of 1 class" in message
    assert "Switch Shuffle on" in message
    check_split(read_spec({"shuffle": False, "validation_split": 0}), SORTED)
    check_split(read_spec({"shuffle": True, "validation_split": 0.05}), SORTED)


def test_validation_images_of_a_single_class_are_refused():
    message = _refusal(SORTED[::-1], shuffle=False)
    assert "all of one class: how a network does on them says nothing about the others. Switch Shuffle on" in message
    assert "The validation images are 1 and all of one class" in _refusal(CROWDS["one of each but one"])


def test_a_run_of_the_first_version_can_be_continued_as_it_was():
    check_split(read_spec({"version": 1, "shuffle": False}), SORTED[::-1])


def test_that_the_end_of_the_file_is_held_back_is_said_and_which_classes_it_lacks():
    mixed = np.concatenate([SORTED, SORTED[:20], SORTED[-1:], SORTED[:2], SORTED[150:152]])
    notes = {note.field: note.message for note in describe_split(read_spec({"shuffle": False}), mixed)}
    assert list(notes) == ["shuffle", "validation_split"]
    assert "the last 23 training images of the file are the validation images" in notes["shuffle"]
    assert notes["validation_split"].startswith("1 class has no validation image")
    assert describe_split(read_spec({}), SORTED) == ()


def test_classes_that_few_training_images_leave_out_are_told():
    labels = np.repeat(np.arange(150, dtype=np.int32), 4)
    [note] = describe_split(read_spec({"training_images": 100, "validation_split": 0.25}), labels)
    assert (note.field, note.message[:22]) == ("training_images", "50 classes have no ima")


def test_positions_are_int32_as_the_compiled_loop_expects():
    split = _split(SORTED, training_images=150)
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
    everything, fewer = _split(SORTED), _split(SORTED, training_images=100)
    assert np.bincount(SORTED[fewer.training]).tolist() == [50, 30, 15, 5]
    assert fewer.validation.tolist() == everything.validation.tolist()
    assert fewer.training.tolist() == sorted(set(fewer.training.tolist()) & set(everything.training.tolist()))


def test_few_training_images_are_some_of_the_many():
    few, many = (set(_split(SORTED, training_images=count).training.tolist()) for count in (100, 150))
    assert few < many


@pytest.mark.parametrize("count", [180, 5000])
def test_as_many_training_images_as_there_are_means_all(count):
    assert _split(SORTED, training_images=count).training.tolist() == _split(SORTED).training.tolist()


def test_an_only_image_of_its_class_is_always_trained_on():
    labels = np.array([0] * 80 + [1] * 80 + [2], np.int32)
    for seed in range(20):
        training = _split(labels, training_images=100, split_seed=seed).training
        assert 160 in training
        assert len(training) == 100


def test_a_sample_is_the_same_share_of_each_class_and_another_one_by_another_seed():
    everything = np.arange(200, dtype=np.int32)
    one, again, other = (choose_stratified(everything, SORTED, 100, seed) for seed in (1, 1, 2))
    assert np.bincount(SORTED[one]).tolist() == [50, 30, 15, 5]
    assert one.tolist() == again.tolist() != other.tolist()
    assert choose_stratified(everything, SORTED, None, 1) is choose_stratified(everything, SORTED, 5000, 1) is everything


def test_examples_are_as_even_over_the_classes_as_can_be_and_sorted_by_class():
    examples = choose_examples(np.arange(200, dtype=np.int32), SORTED, 12, seed=1)
    assert SORTED[examples].tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert len(set(examples.tolist())) == 12
    few = choose_examples(np.array([0, 1, 2, 3, 4, 199], np.int32), SORTED, 4, seed=1)
    assert SORTED[few].tolist() == [0, 0, 0, 3]


def test_few_images_are_all_examples():
    assert sorted(choose_examples(np.array([7, 3], np.int32), SORTED, 12, seed=1).tolist()) == [3, 7]
