"""What a set is called before its owner says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.datasets.importing.naming import check_free_name, free_name, suggest_name, suggest_title
from core.datasets.known_sets import check_new_name
from core.datasets.library import check_title, store_image_set
from core.errors import DatasetError
from core.settings import Settings


@pytest.mark.parametrize(
    ("file_name", "name", "title"),
    [
        ("my_cats.zip", "my_cats", "My cats"),
        ("Grüne Äpfel (2).zip", "Grune_Apfel_2", "Grüne Äpfel (2)"),
        ("猫と犬.zip", "my_images", "猫と犬"),
        ("digits.zip", "my_digits", "Digits"),
        ("table.csv.gz", "table", "Table"),
        ("C:\\Users\\me\\pets.zip", "pets", "Pets"),
        ("", "my_images", "My images"),
    ],
)
def test_a_name_and_a_title_are_made_from_the_files_name(file_name: str, name: str, title: str) -> None:
    assert (suggest_name(file_name), suggest_title(file_name)) == (name, title)


@given(st.text(max_size=120))
def test_every_file_name_gives_a_name_and_a_title_that_can_be_used(file_name: str) -> None:
    check_new_name(suggest_name(file_name))
    assert check_title(suggest_title(file_name))


def test_a_taken_name_is_refused_and_numbered(settings: Settings, make_set: Callable[..., Any]) -> None:
    check_free_name("pets", settings)
    for name in ("pets", "pets_2"):
        store_image_set(make_set(name), settings)
    with pytest.raises(DatasetError, match="There is a set called 'pets' already"):
        check_free_name("pets", settings)
    assert free_name("pets", settings) == "pets_3"
