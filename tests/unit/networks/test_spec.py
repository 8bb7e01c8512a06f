from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from core.errors import SpecError
from core.networks.activations import ACTIVATIONS
from core.networks.layers import DenseLayer
from core.networks.optimisers import OPTIMISERS
from core.networks.spec import MAX_LAYERS, TrainingSpec, read_spec

layers = st.builds(DenseLayer, units=st.integers(1, 4096), activation=st.sampled_from(sorted(ACTIVATIONS)))
specs = st.builds(
    TrainingSpec,
    recipe=st.none() | st.text(max_size=80),
    dataset=st.text(min_size=1, max_size=80),
    scale_inputs=st.booleans(),
    hidden=st.lists(layers, max_size=MAX_LAYERS).map(tuple),
    optimiser=st.sampled_from(sorted(OPTIMISERS)),
    learning_rate=st.floats(0, 10, exclude_min=True),
    batch_size=st.integers(1, 8192),
    epochs=st.integers(1, 500),
    validation_split=st.floats(0, 0.5),
    shuffle=st.booleans(),
    seed=st.integers(0, 2**31 - 1),
)


@given(specs)
def test_any_spec_survives_the_trip_to_disk_and_back(spec):
    assert read_spec(spec.model_dump_json()) == spec
    assert read_spec(spec.model_dump()) == spec


def _problems(data):
    with pytest.raises(SpecError) as refusal:
        read_spec(data)
    return {problem.field: problem.message for problem in refusal.value.problems}


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("epochs", 0, "Epochs: is 0; expected at least 1."),
        ("epochs", 501, "Epochs: is 501; expected at most 500."),
        ("batch_size", 0, "Batch size: is 0; expected at least 1."),
        ("batch_size", 8193, "Batch size: is 8193; expected at most 8192."),
        ("learning_rate", 0, "Learning rate: is 0; expected more than 0."),
        ("learning_rate", 10.5, "Learning rate: is 10.5; expected at most 10."),
        ("validation_split", -0.1, "Validation share: is -0.1; expected at least 0."),
        ("validation_split", 0.6, "Validation share: is 0.6; expected at most 0.5."),
        ("seed", -1, "Seed: is -1; expected at least 0."),
        ("optimiser", "adma", "Optimiser: there is no optimiser called 'adma'; expected one of sgd, momentum,"),
        ("momentum", 0.9, "momentum: is not a setting this version of Inkling knows"),
        ("version", 2, "version: is 2"),
    ],
)
def test_a_setting_out_of_bounds_is_named_with_what_was_expected(field, value, message):
    problems = _problems({field: value})
    assert list(problems) == [field]
    assert problems[field].startswith(message)


def test_a_layer_out_of_bounds_is_named_by_its_number():
    problems = _problems({"hidden": [{"units": 8}, {"units": 5000}, {"activation": "rule"}]})
    assert problems["hidden.1.units"] == "Hidden layer 2, units: is 5000; expected at most 4096."
    assert problems["hidden.2.activation"].startswith(
        "Hidden layer 3, activation: there is no activation called 'rule'; expected one of relu,"
    )


def test_all_problems_come_at_once():
    data = {"epochs": 0, "batch_size": "many", "hidden": [{"units": 0}], "optimiser": "none", "learning_rate": float("nan")}
    assert set(_problems(data)) == {"epochs", "batch_size", "hidden.0.units", "optimiser", "learning_rate"}


def test_too_many_layers_are_counted():
    assert _problems({"hidden": [{}] * 11})["hidden"] == "Hidden layers: has 11 entries; expected at most 10."


@pytest.mark.parametrize("data", [b"", b"{", "no", b"\xff\xfe", '{"epochs": }'])
def test_a_damaged_document_is_one_problem_in_plain_words(data):
    problems = _problems(data)
    assert list(problems) == [""]
    assert "not readable JSON" in problems[""]


@pytest.mark.parametrize("data", ["[]", "1", '"text"', "null"])
def test_a_document_that_is_no_mapping_is_refused(data):
    assert "" in _problems(data)


def test_nothing_given_means_the_defaults():
    assert read_spec({}) == read_spec("{}") == TrainingSpec()


def test_a_spec_is_frozen():
    with pytest.raises(ValidationError):
        TrainingSpec().epochs = 3


def test_every_setting_has_a_title_and_a_help_text():
    for name, field in TrainingSpec.model_fields.items():
        assert name == "version" or (field.title and field.description and field.description.endswith((".", "?")))
    assert json.loads(TrainingSpec().model_dump_json())["version"] == 1
