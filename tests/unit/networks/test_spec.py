from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from core.errors import SpecError
from core.networks.augmentation import Augmentation
from core.networks.layers import LAYERS
from core.networks.losses import LOSSES
from core.networks.optimisers import OPTIMISERS
from core.networks.recipes import RECIPES
from core.networks.scaling import SCALINGS
from core.networks.schedules import SCHEDULES
from core.networks.spec import MAX_LAYERS, TrainingSpec, read_spec, renew
from tests.unit.networks.random_networks import any_layer

optional = st.none() | st.floats(0.001, 0.99)
specs = st.builds(
    TrainingSpec,
    recipe=st.none() | st.text(max_size=80),
    dataset=st.text(min_size=1, max_size=80),
    training_images=st.none() | st.integers(100, 200_000),
    scaling=st.sampled_from(sorted(SCALINGS)),
    augmentation=st.builds(Augmentation, shift=st.floats(0, 0.5), rotation=st.floats(0, 180), flip=st.booleans()),
    hidden=st.lists(any_layer, max_size=MAX_LAYERS).map(tuple),
    loss=st.sampled_from(sorted(LOSSES)),
    schedule=st.sampled_from(sorted(SCHEDULES)),
    warmup_epochs=st.floats(0, 100),
    weight_decay=optional,
    clip_norm=optional,
    optimiser=st.sampled_from(sorted(OPTIMISERS)),
    learning_rate=st.floats(0, 10, exclude_min=True),
    batch_size=st.integers(1, 8192),
    epochs=st.integers(1, 500),
    validation_split=st.floats(0, 0.5),
    shuffle=st.booleans(),
    shuffled_pixels=st.booleans(),
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
        ("optimiser", "adma", "Optimiser: there is none called 'adma'; expected one of sgd, momentum,"),
        ("loss", "hinge", "Loss: there is none called 'hinge'; expected one of sparse_categorical_crossentropy,"),
        ("scaling", "minmax", "Input scaling: there is none called 'minmax'; expected one of none, divide,"),
        ("schedule", "cosin", "Schedule: there is none called 'cosin'; expected one of constant, step,"),
        ("training_images", 99, "Training images: is 99; expected at least 100."),
        ("momentum", 1, "Momentum: is 1; expected less than 1."),
        ("clip_norm", 0, "Gradient limit: is 0; expected more than 0."),
        ("centered", True, "centered: is not a setting this version of Inkling knows"),
        ("version", 3, "version: is 3"),
    ],
)
def test_a_setting_out_of_bounds_is_named_with_what_was_expected(field, value, message):
    problems = _problems({field: value})
    assert list(problems) == [field]
    assert problems[field].startswith(message)


def test_a_layer_out_of_bounds_is_named_by_its_number():
    dense, pooling = {"kind": "dense"}, {"kind": "max_pooling2d"}
    problems = _problems({"hidden": [dense, dense | {"units": 5000}, dense | {"activation": "rule"}, pooling | {"size": 9}]})
    assert problems["hidden.1.units"] == "Hidden layer 2, units: is 5000; expected at most 4096."
    assert problems["hidden.2.activation"].startswith(
        "Hidden layer 3, activation: there is no activation called 'rule'; expected one of relu,"
    )
    assert problems["hidden.3.size"] == "Hidden layer 4, size: is 9; expected at most 8."


def test_a_layer_of_no_known_kind_is_answered_with_the_kinds_there_are():
    problems = _problems({"hidden": [{"units": 8}, {"kind": "lstm"}]})
    assert problems["hidden.0"] == f"Hidden layer 1: has no kind; expected one of {', '.join(LAYERS)}."
    assert problems["hidden.1"].startswith("Hidden layer 2: there is no kind of layer called 'lstm'; expected one of dense, conv2d,")


def test_augmentation_out_of_bounds_is_named_with_its_part():
    assert _problems({"augmentation": {"shift": 3}})["augmentation.shift"] == "Augmentation, shift: is 3; expected at most 0.5."


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"momentum": 0.9}, "Adam has no momentum"),
        ({"optimiser": "sgd", "beta_1": 0.9}, "SGD has no beta_1"),
        ({"label_smoothing": 0.1}, "labels as numbers can't be smoothed"),
        ({"validation_split": 0, "patience": 3}, "need validation images"),
        ({"validation_split": 0, "keep_best": True}, "need validation images"),
        ({"validation_split": 0, "target_accuracy": 0.9}, "need validation images"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(data, message):
    assert message in _problems(data)[""]


def test_an_optimiser_is_given_what_was_chosen_and_its_defaults_for_the_rest():
    assert read_spec({"beta_1": 0.5, "clip_norm": 2}).optimiser_options() == {"beta_1": 0.5, "beta_2": 0.999, "clip_norm": 2}
    assert read_spec({"optimiser": "adamw"}).optimiser_options()["weight_decay"] == 0.004
    assert read_spec({"optimiser": "sgd"}).optimiser_options() == {}


FIRST_VERSION = """{"version":1,"recipe":"mnist-784-32-sgd","dataset":"mnist","scale_inputs":true,"hidden":[
{"kind":"dense","units":784,"activation":"relu"},{"kind":"dense","units":32,"activation":"relu"}],"optimiser":"sgd",
"learning_rate":0.1,"batch_size":500,"epochs":20,"validation_split":0.1,"shuffle":true,"seed":1}"""


def test_a_document_of_the_first_version_is_still_read():
    assert read_spec(FIRST_VERSION) == RECIPES["mnist-784-32-sgd"].spec.model_copy(update={"version": 1})
    assert read_spec(FIRST_VERSION.replace('"scale_inputs":true', '"scale_inputs":false')).scaling == "none"


def test_a_document_of_the_first_version_keeps_the_seed_that_drew_its_validation_images():
    old = read_spec(FIRST_VERSION.replace('"seed":1', '"seed":7'))
    assert (old.version, old.split_seed) == (1, 7)
    assert read_spec(old.model_dump_json()) == old
    # Another seed does not change the images that it is checked on.
    assert read_spec(old.model_dump() | {"seed": 8}).split_seed == 7


def test_a_new_run_from_an_old_one_is_checked_on_the_same_images_as_other_new_ones():
    old = read_spec(FIRST_VERSION.replace('"seed":1', '"seed":7'))
    assert (renew(old).version, renew(old).split_seed, renew(old).seed) == (2, 1, 7)
    assert renew(read_spec({"split_seed": 5})).split_seed == 5


def test_the_same_images_are_held_back_by_default_whatever_the_seed():
    assert read_spec({"seed": 5}).split_seed == read_spec({"seed": 6}).split_seed == 1


def test_an_old_setting_in_a_document_that_has_the_new_one_too_does_not_win():
    assert read_spec({"scale_inputs": False, "scaling": "standardise_set"}).scaling == "standardise_set"


def test_a_damaged_old_setting_is_a_problem_like_any_other():
    assert "is not a setting this version of Inkling knows" in _problems({"scale_inputs": "yes"})["scale_inputs"]


def test_all_problems_come_at_once():
    data = {
        "epochs": 0,
        "batch_size": "many",
        "hidden": [{"kind": "dense", "units": 0}],
        "optimiser": "none",
        "learning_rate": float("nan"),
    }
    assert set(_problems(data)) == {"epochs", "batch_size", "hidden.0.units", "optimiser", "learning_rate"}


def test_too_many_layers_are_counted():
    assert _problems({"hidden": [{"kind": "dense"}] * 17})["hidden"] == "Hidden layers: has 17 entries; expected at most 16."


@pytest.mark.parametrize("data", [b"", b"{", "no", b"\xff\xfe", '{"epochs": }', "[" * 100_000, '{"epochs": ' + "9" * 5_000 + "}"])
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


@pytest.mark.parametrize("model", [TrainingSpec, Augmentation, *LAYERS.values()])
def test_every_setting_has_a_title_and_a_help_text(model):
    for name, field in model.model_fields.items():
        assert name in ("version", "kind") or (field.title and field.description and field.description.endswith((".", "?")))
    assert json.loads(TrainingSpec().model_dump_json())["version"] == 2
