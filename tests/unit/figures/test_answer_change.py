from __future__ import annotations

import numpy as np

from core.figures.answer_change import change_table, describe_change

NAMES = ("cat", "dog", "ship")
CAT, UNSURE, DOG = np.array([0.9, 0.08, 0.02]), np.array([0.5, 0.4, 0.1]), np.array([0.3, 0.6, 0.1])


def test_it_is_said_whether_the_answer_has_become_another():
    assert describe_change(CAT, CAT, NAMES) == "Nothing has been changed yet: it reads cat (90.0 %)."
    assert describe_change(CAT, UNSURE, NAMES) == "The answer is still cat, at 50.0 % instead of 90.0 %."
    assert describe_change(CAT, DOG, NAMES) == "The answer has changed from cat (90.0 %) to dog (60.0 %)."


def test_the_table_has_every_class_before_and_after():
    assert change_table(CAT, DOG, NAMES).values.tolist() == [["cat", 0.9, 0.3], ["dog", 0.08, 0.6], ["ship", 0.02, 0.1]]
