"""Predict > One image: which image it is about, what it says of it, and the way of a number, with an engine that answers at once."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.networks.recipes import RECIPES
from core.networks.spec import TrainingSpec
from core.training.events import EpochEnded, TrainingStarted
from core.training.splitting import split_images
from pages.components import services
from tests.app.conftest import CLASSES, ROOT, STEPS_PER_EPOCH, FakeCompute
from tests.app.test_pages import read, texts

DIGITS = RECIPES["digits-64"].spec


def trained(compute: FakeCompute, spec: TrainingSpec = DIGITS, sha256: str | None = None) -> str:
    """A run with weights, and what its network says when it is asked: unit 3 is the only one that is not silent."""
    run_id = compute.store.create(spec, sha256 or services.catalog().load(spec.dataset).sha256).id
    compute.store.append(run_id, TrainingStarted(1150, 287, 0, STEPS_PER_EPOCH, {}))
    compute.store.append(run_id, EpochEnded(1, STEPS_PER_EPOCH, 1.0, 0.9, None, None, 1e4, 1.0))
    compute.finish(run_id)
    units = np.zeros(64, np.float32)
    units[2] = 4.5
    answer = compute.predict(run_id, np.zeros((1, 8, 8), np.uint8))[0]
    compute.consultations["activations"] = {
        "scale": np.full((8, 8), 0.5, np.float32),
        "flatten": np.full(64, 0.5, np.float32),
        "dense_1": units,
        "output": answer,
    }
    compute.consultations["follow_number"] = {
        "inputs": np.full(64, 0.5, np.float32),
        "weights": np.full(64, 0.125, np.float32),
        "corner": np.zeros(2, np.int64),
        "bias": np.float32(0.5),
        "output": np.float32(4.5),
        "sums": np.zeros(64),
    }
    return run_id


def look(run_id: str, *, sealed: bool = False, **parameters: str) -> AppTest:
    if not sealed:
        services.ledger().open_test(services.catalog().load("digits").sha256, run_id)
    app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=30)
    app.run()
    app.switch_page("pages/predict/one_image.py")
    for name, value in {"run": run_id, **parameters}.items():
        app.query_params[name] = value
    return app.run()


def said(app: AppTest) -> str:
    return texts(app).replace("\\", "")


def choose(app: AppTest, label: str, option: str) -> None:
    next(control for control in app.button_group if control.label == label).set_value(option).run()


def number(app: AppTest, label: str) -> int:
    return next(int(field.value) for field in app.number_input if field.label == label)


def png(paper: int = 255, size: tuple[int, int] = (40, 40)) -> bytes:
    pixels = np.full(size, paper, np.uint8)
    pixels[10:30, 15:25] = 255 - paper
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def test_an_address_leads_to_an_image(compute: FakeCompute) -> None:
    app = look(trained(compute), split="test", image="17")
    assert not app.exception and not app.error and not app.warning
    label = services.catalog().load("digits").y_test[17]
    assert "Test image 17" in said(app) and f"Its label says {label}. The network has never seen it." in said(app)
    assert "Read as 7 (90.0 %)" in said(app)
    assert len(app.table[0].value) == CLASSES


def test_a_sealed_test_image_shows_no_answer_until_it_is_opened_and_counted(compute: FakeCompute) -> None:
    run_id, digits = trained(compute), services.catalog().load("digits")
    app = look(run_id, sealed=True, split="test", image="17")
    assert not app.exception and "Read as" not in said(app) and "Its label says" not in said(app)
    assert services.ledger().count_openings(digits.sha256) == 0
    choose(app, "Split", "Training")
    assert "Read as 7" in said(app)
    choose(app, "Split", "Test")
    next(button for button in app.button if button.label == "Open the test set").click().run()
    assert "Test image 17" in said(app) and "Read as 7 (90.0 %)" in said(app)
    assert services.ledger().count_openings(digits.sha256) == 1


def test_without_one_it_begins_with_the_first_training_image_and_writes_that_into_the_address(compute: FakeCompute) -> None:
    app = look(trained(compute))
    assert not app.exception and "Training image 0" in said(app)
    assert (app.query_params["split"], app.query_params["image"]) == ("training", "0")


def test_another_index_is_another_image_and_another_address(compute: FakeCompute) -> None:
    app = look(trained(compute), split="test", image="17")
    next(field for field in app.number_input if field.label == "Index").set_value(3).run()
    assert "Test image 3" in said(app) and app.query_params["image"] == "3"
    choose(app, "Split", "Training")
    assert "Training image 0" in said(app) and app.query_params["split"] == "training"


def test_an_image_that_is_not_there_is_said_and_the_first_is_shown(compute: FakeCompute) -> None:
    app = look(trained(compute), split="test", image="360")
    for image in ("360", "-1", "1e3", "99999999999999999999", "٣"):
        app.query_params["image"] = image
        app.run()
        assert not app.exception and not app.error
        assert "has those from 0 to 359. The first is shown." in said(app) and "Test image 0" in said(app)
        assert app.query_params["image"] == "0"


def test_a_split_that_does_not_exist_is_said(compute: FakeCompute) -> None:
    app = look(trained(compute), split="<b>middle</b>", image="3")
    assert not app.exception and "expected training or test" in said(app) and "Training image 0" in said(app)


def test_whether_the_network_learned_from_an_image_is_said(compute: FakeCompute) -> None:
    run_id = trained(compute)
    halves = split_images(DIGITS, services.catalog().load("digits").y_train)
    app = look(run_id, split="training", image=str(halves.validation[0]))
    assert "did not learn from it: it was held back for validation" in said(app)
    app.query_params["image"] = str(halves.training[0])
    app.run()
    assert "The network learned from it." in said(app)


def test_a_set_that_has_changed_is_a_sentence(compute: FakeCompute) -> None:
    app = look(trained(compute, sha256="0" * 64))
    assert not app.exception
    assert "has changed since run" in app.error[0].value


def test_the_layers_are_told_and_the_chosen_ones_shown(compute: FakeCompute) -> None:
    app = look(trained(compute), split="test", image="1")
    assert "63 of 64 (98.4 %) are exactly 0" in said(app) and "The strongest is unit 3, with 4.5." in said(app)
    assert "The highest is that of 7, 90.0 %" in said(app)
    assert "Scaled image" not in said(app)
    pills = next(control for control in app.button_group if control.label == "Layers")
    pills.set_value(["Scaled image"]).run()
    assert "1 map of 8 x 8 numbers" in said(app) and "unit 3" not in said(app)


def test_the_way_of_a_number_adds_up_to_what_is_said(compute: FakeCompute) -> None:
    app = look(trained(compute), split="test", image="1")
    choose(app, "Look behind the answer", "One number")
    assert not app.exception and not app.error
    assert number(app, "Unit") == 3
    assert "#### sum 4.000 + bias 0.500 = 4.500, through ReLU: 4.500" in said(app)
    table = app.table[-1].value
    assert len(table) == 10 and set(table["Product"]) == {"0.062"}
    next(field for field in app.number_input if field.label == "Unit").set_value(64).run()
    assert "The number of unit 64 of 1. Dense, ReLU" in said(app)


def test_a_picture_of_ink_on_paper_is_exchanged_and_read(compute: FakeCompute) -> None:
    app = look(trained(compute), split="test", image="1")
    choose(app, "From", "A file")
    assert "image" not in app.query_params and "made as small as the images" in said(app)
    app.file_uploader[0].set_value(("seven.png", png(), "image/png")).run()
    assert not app.exception and not app.error
    assert "40 x 40 pixels. Its edges are light, unlike those of" in said(app)
    assert app.toggle[0].value is True
    assert "Your picture" in said(app) and "Read as 7" in said(app)


def test_a_file_that_is_no_picture_is_refused_in_words(compute: FakeCompute) -> None:
    app = look(trained(compute))
    choose(app, "From", "A file")
    app.file_uploader[0].set_value(("seven.png", b"MZ\x90 not a picture", "image/png")).run()
    assert not app.exception
    assert "It is not a PNG, JPEG, GIF, BMP, WebP, TIFF or PGM picture, whatever its name says." in read(app.error[0].value)


def test_without_a_drawing_it_says_where_to_draw(compute: FakeCompute) -> None:
    app = look(trained(compute))
    choose(app, "From", "The drawing")
    assert "Draw something, then come back" in said(app)
    assert [link.proto.label for link in app.get("page_link")] == ["Draw something"]


def test_an_address_wins_over_a_drawing_that_was_looked_at_before(compute: FakeCompute) -> None:
    app = look(trained(compute))
    choose(app, "From", "The drawing")
    app.query_params["split"], app.query_params["image"] = "test", "5"
    app.run()
    assert not app.exception and "Test image 5" in said(app)
