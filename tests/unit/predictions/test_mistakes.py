"""Which images were read wrong, in which order, and what stands in the files."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.datasets.image_set import ImageSet, Split, build_image_set
from core.figures.verdicts import answer_lines, verdict_table
from core.figures.votes import choose_votes, describe_votes, vote_table
from core.predictions.mistakes import MistakeFilter, Order, choose_mistakes, count_mistakes
from core.predictions.scored import Answer, ScoredImages
from core.predictions.scores import score
from core.runs.ledger import Verdict, Vote

NAMES = ("cat", "dog", "cow")
LABELS = np.array([0, 1, 2, 0, 1, 2, 2], np.int32)
PROBABILITIES = np.array(
    [
        [0.7, 0.2, 0.1],  # right
        [0.6, 0.3, 0.1],  # a dog taken for a cat
        [0.95, 0.01, 0.04],  # a cow taken for a cat
        [0.25, 0.25, 0.5],  # a cat taken for a cow
        [0.0, 1.0, 0.0],  # right
        [0.2, 0.6, 0.2],  # a cow taken for a dog
        [0.0, 0.1, 0.9],  # right
    ],
    np.float32,
)
POSITIONS = np.array([10, 11, 12, 13, 14, 15, 16], np.int32)


def build_set(count: int, labels: np.ndarray) -> ImageSet:
    images = np.zeros((count, 2, 2), np.uint8)
    names = {"class_names": NAMES, "origin": "made up", "name": "animals", "title": "Animals"}
    return build_image_set(x_train=images[:3], y_train=np.arange(3), x_test=images, y_test=labels, **names)


def build_scored(probabilities: np.ndarray = PROBABILITIES, labels: np.ndarray = LABELS, positions: np.ndarray = POSITIONS) -> ScoredImages:
    image_set = build_set(int(positions.max()) + 1, np.resize(labels, int(positions.max()) + 1))
    return ScoredImages("run", "run/final", image_set, Split.TEST, positions, score(probabilities, labels))


def vote(position: int, verdict: Verdict = Verdict.AMBIGUOUS, split: Split = Split.TEST) -> Vote:
    return Vote(split, position, verdict, "run", 1_000_000_000.0)


def test_the_surest_mistakes_come_first_and_equally_sure_ones_in_the_order_of_the_file():
    assert choose_mistakes(build_scored(), MistakeFilter()).tolist() == [2, 1, 5, 3]


def test_the_least_sure_or_the_first_in_the_file_can_come_first():
    assert choose_mistakes(build_scored(), MistakeFilter(order=Order.LEAST_SURE)).tolist() == [3, 1, 5, 2]
    assert choose_mistakes(build_scored(), MistakeFilter(order=Order.FILE)).tolist() == [1, 2, 3, 5]


@pytest.mark.parametrize(
    ("wanted", "rows"),
    [
        (MistakeFilter(label=2), [2, 5]),
        (MistakeFilter(predicted=0), [2, 1]),
        (MistakeFilter(label=2, predicted=0), [2]),
        (MistakeFilter(label=1, predicted=2), []),
        (MistakeFilter(above=0.9), [2]),
        (MistakeFilter(above=0.95), []),
        (MistakeFilter(positions=frozenset({13, 11, 14})), [1, 3]),
        (MistakeFilter(positions=frozenset()), []),
    ],
)
def test_only_mistakes_that_meet_every_condition_are_chosen(wanted, rows):
    assert choose_mistakes(build_scored(), wanted).tolist() == rows


def test_an_answer_is_described_with_its_runner_up_and_what_the_true_class_got():
    [answer] = build_scored().answers(np.array([2]))
    assert answer == Answer(12, 2, 0, pytest.approx(0.95), 2, pytest.approx(0.04), pytest.approx(0.04))
    assert answer_lines(answer, NAMES) == ("is cow", "cat: 95.0 %", "cow: 4.0 %")
    assert answer_lines(answer, NAMES, vote(12))[3:] == ("ambiguous",)


def test_long_names_are_cut_so_that_the_percentages_are_seen():
    [answer] = build_scored().answers(np.array([2]))
    assert answer_lines(answer, ("chimpanzee", "dog", "porcupine"))[1:] == ("chimpanz…: 95.0 %", "porcupine: 4.0 %")


def test_of_equally_probable_classes_the_first_is_the_runner_up():
    [answer] = build_scored().answers(np.array([3]))
    assert (answer.predicted, answer.runner_up) == (2, 0)


def test_mistakes_are_counted_by_true_class_and_by_answer():
    assert count_mistakes(build_scored()) == ([1, 1, 2], [2, 1, 1])


def test_the_file_of_mistakes_names_what_each_was_taken_for_and_what_people_say():
    scored = build_scored()
    table = verdict_table(scored, choose_mistakes(scored, MistakeFilter()), {12: vote(12, Verdict.LABEL_WRONG)})
    assert table.iloc[0].to_dict() == {
        "Index": 12,
        "True class": "cow",
        "Answer": "cat",
        "Probability": pytest.approx(0.95),
        "Runner-up": "cow",
        "Its probability": pytest.approx(0.04),
        "Vote": "label wrong",
    }
    assert table["Vote"].tolist()[1:] == ["", "", ""]
    assert len(verdict_table(scored, np.array([], np.int64), {})) == 0


def test_only_votes_on_these_images_count():
    others = (vote(12, split=Split.TRAINING), vote(99))
    assert choose_votes(build_scored(), [vote(11), vote(10), *others]) == {11: vote(11), 10: vote(10)}


def test_the_file_of_votes_says_when_and_what_the_network_takes_the_image_for():
    votes = {11: vote(11), 10: vote(10, Verdict.NETWORK_WRONG)}
    table = vote_table(build_scored(), votes)
    assert table.iloc[0].to_dict() == {
        "position": 11,
        "true class": "dog",
        "prediction": "cat",
        "probability": pytest.approx(0.6),
        "verdict": "ambiguous",
        "when": "2001-09-09T01:46:40+00:00",
    }
    assert table["verdict"].tolist() == ["ambiguous", "network wrong"]


@pytest.mark.parametrize(
    ("votes", "sentence"),
    [
        ((), "None of these mistakes has been voted on yet."),
        ((vote(11), vote(12), vote(13, Verdict.LABEL_WRONG)), "3 voted on: 1 label wrong, 2 ambiguous."),
        ((vote(11), vote(10)), "1 voted on: 1 ambiguous. 1 more vote is on an image that this network reads right."),
        (
            (vote(10), vote(14)),
            "None of these mistakes has been voted on yet. 2 more votes are on images that this network reads right.",
        ),
    ],
)
def test_votes_are_counted_in_a_sentence(votes, sentence):
    assert describe_votes(build_scored(), {one.position: one for one in votes}) == sentence


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(Order), st.sampled_from([0.0, 0.5, 0.9]))
def test_every_mistake_is_in_exactly_one_pair_of_classes(seed, order, above):
    random = np.random.default_rng(seed)
    probabilities = random.dirichlet([0.3, 0.3, 0.3], 40).astype(np.float32)
    scored = build_scored(probabilities, random.integers(0, 3, 40).astype(np.int32), np.arange(40, dtype=np.int32))
    everything = choose_mistakes(scored, MistakeFilter(above=above, order=order))
    pairs = [MistakeFilter(label, predicted, above, order=order) for label in range(3) for predicted in range(3)]
    found = np.concatenate([choose_mistakes(scored, wanted) for wanted in pairs])
    assert sorted(found.tolist()) == sorted(everything.tolist())
    assert set(everything.tolist()) <= set(scored.scores.wrong.tolist())
    by_label, by_predicted = count_mistakes(scored)
    assert sum(by_label) == sum(by_predicted) == len(scored.scores.wrong)
