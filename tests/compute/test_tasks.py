from __future__ import annotations

import numpy as np
import pytest

from core.compute.tasks import answer, with_plain_errors
from core.errors import InklingError


class ErrorOfTensorFlow(Exception):
    pass


def fail_with(error: Exception) -> None:
    raise error


def test_an_exception_that_the_page_server_can_not_read_is_told_in_plain_words():
    with pytest.raises(RuntimeError, match="ErrorOfTensorFlow: out of memory") as caught:
        with_plain_errors(fail_with)(ErrorOfTensorFlow("out of memory"))
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_a_users_mistake_passes_as_it_is():
    with pytest.raises(InklingError, match="wrong shape"):
        with_plain_errors(fail_with)(InklingError("wrong shape"))


def test_an_unknown_network_is_asked_for():
    assert answer("no such run/final.npz", np.zeros((1, 8, 8), np.uint8)) is None
