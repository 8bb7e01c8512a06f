"""The form of Train > Build and train: every setting, the layers, and what is said about them before the start."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.networks.augmentation import Augmentation
from core.networks.layers import LAYERS, Conv2DLayer, DenseLayer, DropoutLayer
from core.networks.optimisers import OPTIMISERS
from core.networks.recipes import RECIPES
from core.networks.spec import OPTIMISER_OPTIONS, TrainingSpec, read_spec
from pages.components import state
from tests.app.conftest import FakeCompute
from tests.app.test_pages import read

BUILD = "pages/train/build.py"

ELABORATE = TrainingSpec(
    dataset="digits",
    training_images=500,
    scaling="standardise_pixel",
    augmentation=Augmentation(shift=0.1, rotation=15.0, zoom=0.05, flip=True, noise=0.2),
    hidden=(
        Conv2DLayer(filters=8, kernel=5, stride=2, padding="valid", activation="elu", initialiser="he_normal", l2=0.01),
        DropoutLayer(rate=0.3),
        DenseLayer(units=20, activation="tanh"),
    ),
    loss="categorical_crossentropy",
    label_smoothing=0.1,
    optimiser="nesterov",
    learning_rate=0.02,
    momentum=0.8,
    weight_decay=0.01,
    clip_norm=2.0,
    schedule="step",
    warmup_epochs=0.5,
    decay_factor=0.3,
    drop_every=3,
    batch_size=16,
    epochs=12,
    validation_split=0.25,
    patience=4,
    keep_best=True,
    target_accuracy=0.9,
    seed=7,
    split_seed=4,
)
"""No setting that has an effect is at its default, but for shuffling: without it, the split seed draws nothing."""


@pytest.fixture
def page(app: AppTest) -> AppTest:
    """The page as a newcomer finds it."""
    return app.switch_page(BUILD).run()


def texts(app: AppTest) -> str:
    return "\n".join(str(element.value) for element in [*app.markdown, *app.caption, *app.info, *app.warning, *app.error])


def press(app: AppTest, label: str) -> None:
    next(button for button in app.button if button.label == label).click().run()


def labels(app: AppTest) -> set[str]:
    return {widget.label for kind in ("number_input", "selectbox", "toggle") for widget in app.get(kind)}


def titles(app: AppTest) -> list[str]:
    """The hidden layers of the form, such as "1. Dense"."""
    return [mark.value.strip("*") for mark in app.markdown if mark.value.startswith("**")]


def add(app: AppTest, kind: str) -> None:
    app.selectbox(key="layer_kind").select(kind).run()
    press(app, "Add")


def put_mnist(home: Path) -> None:
    """A few images of noise under the name of a set that recipes ask for."""
    folder = home / "datasets"
    folder.mkdir(parents=True)
    images = np.random.default_rng(1).integers(0, 256, (200, 28, 28), dtype=np.uint8)
    answers = np.arange(200) % 10
    np.savez(folder / "mnist.npz", x_train=images, y_train=answers, x_test=images[:50], y_test=answers[:50])


def test_every_recipe_comes_out_of_the_form_as_it_went_in() -> None:
    def round_trip() -> None:
        import streamlit as st

        from core.networks.recipes import RECIPES
        from pages.components import state

        for recipe in RECIPES.values():
            state.load_draft(recipe.spec)
            st.json(state.draft())

    app = AppTest.from_function(round_trip).run()
    assert [read_spec(element.value) for element in app.json] == [recipe.spec for recipe in RECIPES.values()]


def test_choosing_a_recipe_tells_its_reasons_and_fills_the_form(app: AppTest, compute: FakeCompute, tmp_path: Path) -> None:
    put_mnist(tmp_path / "home")
    app.switch_page(BUILD).run()
    recipe = RECIPES["mnist-cnn"]
    app.selectbox(key="recipe_choice").select("mnist-cnn").run()
    assert all(words in texts(app) for words in (recipe.summary, *recipe.reasons))
    press(app, "Train")
    assert not app.exception and not app.error
    assert compute.submitted == [recipe.spec]


def test_a_recipe_that_was_changed_says_so_until_it_is_filled_in_again(page: AppTest) -> None:
    assert "Changed since" not in texts(page)
    page.number_input(key="draft_epochs").set_value(7).run()
    assert "**Changed since**: the settings below are no longer those of the recipe." in texts(page)
    page.button(key="reset_recipe").click().run()
    assert not page.exception and "Changed since" not in texts(page)


def test_every_setting_of_an_older_run_comes_back_into_the_form(compute: FakeCompute) -> None:
    def form() -> None:
        import streamlit as st

        from pages.components import data_form, forms, layer_form, learning_form, state
        from tests.app.test_build import ELABORATE

        if not state.layers():
            state.load_draft(ELABORATE)
        forms.render_recipes()
        data_form.render_data()
        layer_form.render_layers()
        learning_form.render_learning()
        st.json(state.draft())

    app = AppTest.from_function(form).run().run()
    assert not app.exception
    assert titles(app) == ["1. Conv2D", "2. Dropout", "3. Dense"]
    assert app.selectbox(key="recipe_choice").value is None
    assert read_spec(app.json[0].value) == ELABORATE


def test_a_value_survives_a_visit_to_another_page(page: AppTest, compute: FakeCompute) -> None:
    add(page, "dropout")
    page.number_input(key="draft_layer_1_rate").set_value(0.4).run()
    page.number_input(key="draft_augmentation.rotation").set_value(10.0).run()
    page.selectbox(key="draft_schedule").select("cosine").run()
    page.number_input(key="draft_patience").set_value(3).run()
    page.switch_page("pages/explore/samples.py").run()
    page.switch_page(BUILD).run()
    press(page, "Train")
    [spec] = compute.submitted
    assert spec.hidden == (DenseLayer(), DropoutLayer(rate=0.4))
    assert (spec.augmentation.rotation, spec.schedule, spec.patience) == (10.0, "cosine", 3)


@pytest.mark.parametrize("optimiser", ["sgd", "momentum", "rmsprop", "adamw"])
def test_only_the_optimiser_s_own_settings_are_shown(page: AppTest, optimiser: str) -> None:
    page.selectbox(key="draft_optimiser").select(optimiser).run()
    own = {TrainingSpec.model_fields[field].title for field in OPTIMISER_OPTIONS if field in OPTIMISERS[optimiser].options}
    others = {TrainingSpec.model_fields[field].title for field in OPTIMISER_OPTIONS} - own
    assert own | {"Weight decay", "Gradient limit"} <= labels(page)
    assert not others & labels(page)


def test_what_another_optimiser_was_given_is_not_taken_over(page: AppTest, compute: FakeCompute) -> None:
    page.selectbox(key="draft_optimiser").select("momentum").run()
    page.number_input(key="draft_momentum").set_value(0.5).run()
    page.selectbox(key="draft_optimiser").select("adam").run()
    press(page, "Train")
    page.selectbox(key="draft_optimiser").select("nesterov").run()
    press(page, "Train")
    assert [spec.momentum for spec in compute.submitted] == [None, None]


def test_settings_that_would_do_nothing_are_hidden_and_left_out(page: AppTest, compute: FakeCompute) -> None:
    page.selectbox(key="draft_loss").select("categorical_crossentropy").run()
    page.number_input(key="draft_label_smoothing").set_value(0.2)
    page.number_input(key="draft_patience").set_value(3).run()
    page.selectbox(key="draft_loss").select("sparse_categorical_crossentropy").run()
    page.number_input(key="draft_validation_split").set_value(0.0).run()
    assert not {"Label smoothing", "Stop early after", "Decay factor", "Epochs between drops"} & labels(page)
    press(page, "Train")
    [spec] = compute.submitted
    assert (spec.label_smoothing, spec.patience) == (0.0, None)


def test_the_schedule_is_told_before_the_start(page: AppTest) -> None:
    assert "0.001 in every step." in texts(page)
    page.selectbox(key="draft_schedule").select("step").run()
    page.number_input(key="draft_drop_every").set_value(20).run()
    assert "From 0.001 down to 0.0001." in texts(page)


def test_augmentation_is_previewed_on_real_images_once_it_is_on(page: AppTest) -> None:
    assert "Off, as every amount is 0." in texts(page)
    page.number_input(key="draft_augmentation.shift").set_value(0.2).run()
    assert "5 training images, changed as in one epoch." in texts(page)
    press(page, "New seed")
    assert not page.exception and not page.error


def test_any_layer_can_be_added_and_shows_its_own_settings(page: AppTest) -> None:
    for kind, layer in LAYERS.items():
        add(page, kind)
        assert layer.about in texts(page)
        fields = [field for field in layer.model_fields if field != "kind"]
        assert {layer.model_fields[field].title for field in fields} <= labels(page)
    assert not page.exception
    # Those that need an image come before the first layer that leaves none.
    kinds = [title.partition(" ")[2] for title in titles(page)]
    assert kinds[:4] == ["Conv2D", "MaxPooling2D", "AveragePooling2D", "GlobalAveragePooling2D"]
    assert kinds[4:] == ["Dense", "Dense", "Flatten", "Dropout", "BatchNormalization"]


def test_a_new_layer_is_a_copy_of_the_last_of_its_kind(page: AppTest, compute: FakeCompute) -> None:
    page.number_input(key="draft_layer_0_units").set_value(17)
    page.selectbox(key="draft_layer_0_activation").select("gelu").run()
    add(page, "dropout")
    add(page, "dense")
    press(page, "Train")
    assert compute.submitted[0].hidden == (DenseLayer(units=17, activation="gelu"), DropoutLayer(), DenseLayer(units=17, activation="gelu"))


def test_layers_that_can_not_work_are_all_told_at_once(page: AppTest) -> None:
    add(page, "max_pooling2d")
    page.number_input(key="draft_layer_1_size").set_value(8).run()
    add(page, "max_pooling2d")
    page.number_input(key="draft_training_images").set_value(5000).run()
    [error] = page.error
    assert "Hidden layer 2, MaxPooling2D: its squares of 8 x 8 pixels are larger than the 1 x 1 pixels it gets." in read(error.value)
    assert "Training images: asks for 5,000, and the set has 1,437." in read(error.value)
    assert next(button for button in page.button if button.label == "Train").disabled


def test_what_is_unwise_is_a_quiet_hint_that_names_the_layer(page: AppTest) -> None:
    page.selectbox(key="draft_layer_0_activation").select("linear").run()
    page.selectbox(key="draft_scaling").select("none").run()
    hints = [caption.value for caption in page.caption if "lightbulb" in caption.value]
    assert any("Hidden layer 1, Dense, has no activation" in read(hint) for hint in hints)
    assert any("Scale to 0..1" in read(hint) for hint in hints)
    assert not page.error


def test_parameters_multiply_adds_and_memory_are_told(page: AppTest) -> None:
    shown = {metric.label: metric.value for metric in page.metric}
    assert (shown["Parameters"], shown["Multiply-adds"], shown["Memory"]) == ("4,810", "4,736", "0.7 GB")
    table = page.dataframe[0].value
    assert table["Layer"].to_list()[-2:] == ["Dense 1, ReLU", "Output, Softmax"]
    assert table["Multiply-adds"].to_list()[-2:] == ["4,096", "640"]


def test_what_is_not_as_usual_behind_a_button_is_named_beside_it(page: AppTest) -> None:
    page.selectbox(key="draft_layer_0_initialiser").select("he_normal").run()
    page.number_input(key="draft_layer_0_l2").set_value(0.001).run()
    assert "First weights: He normal, L2 penalty: 0.001" in texts(page)


def test_that_without_shuffling_the_end_of_the_file_is_held_back_is_said_before_the_start(page: AppTest) -> None:
    page.toggle(key=state.draft_key("shuffle")).set_value(False).run()
    assert "the last 288 training images of the file are the validation images" in texts(page)
    assert not page.error


def test_a_file_sorted_by_class_can_not_be_trained_without_shuffling(page: AppTest, tmp_path: Path) -> None:
    folder = tmp_path / "home" / "datasets"
    folder.mkdir(parents=True)
    images, labels = np.zeros((40, 4, 4), np.uint8), np.repeat(np.arange(4), 10)
    np.savez(folder / "sorted.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    page.run()
    page.selectbox(key="dataset").select("sorted").run()
    page.toggle(key=state.draft_key("shuffle")).set_value(False).run()
    assert "all of one class" in page.error[0].value
    assert next(button for button in page.button if button.label == "Train").disabled


def test_the_numbers_of_the_form_are_told_apart_from_a_run_with_other_settings(page: AppTest) -> None:
    press(page, "Train")
    # Each part of the right side is under a heading that says whose numbers follow.
    assert [heading.value for heading in page.subheader][-2:] == ["Next run", "digits\\-64"]
    assert "other settings than the form" not in texts(page)
    page.number_input(key="draft_epochs").set_value(7).run()
    assert "The numbers above are of the next run." in texts(page)
