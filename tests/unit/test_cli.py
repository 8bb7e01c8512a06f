"""The command line: what it prints, and how it ends."""

from __future__ import annotations

import io
import json
import re
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from core.cli import _print_epoch, _show_classify, main
from core.commands import train_recipe
from core.datasets.catalog import load_digits
from core.datasets.npz_files import load_npz
from core.errors import StorageError
from core.networks.spec import TrainingSpec
from core.rates import format_apart, format_percent
from core.runs.ledger import Ledger
from core.runs.record import RunState
from core.runs.store import RunStore
from core.settings import Settings, load_settings
from core.shipped.card import Card
from core.training.steering import stop_when

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("INKLING_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("INKLING_DATASETS", raising=False)
    return tmp_path / "home"


def archive_of_class_folders(path: Path) -> Path:
    random = np.random.default_rng(0)
    with zipfile.ZipFile(path, "w") as archive:
        for split, count in (("train", 6), ("test", 2)):
            for name in ("cat", "dog"):
                for number in range(count):
                    buffer = io.BytesIO()
                    Image.fromarray(random.integers(0, 255, (8, 8), dtype=np.uint8)).save(buffer, "PNG")
                    archive.writestr(f"pets/{split}/{name}/{number}.png", buffer.getvalue())
    return path


def picture_of_a_seven(path: Path) -> Path:
    picture = Image.new("L", (280, 280), 255)
    ImageDraw.Draw(picture).line([(75, 60), (205, 60), (160, 140), (125, 225)], fill=0, width=20, joint="curve")
    picture.save(path)
    return path


def test_datasets_lists_the_bundled_set_as_ready_and_the_others_as_missing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["datasets", "--json"]) == 0
    states = {entry["name"]: entry["state"] for entry in json.loads(capsys.readouterr().out)}
    assert states == {"digits": "ready", "mnist": "missing", "fashion_mnist": "missing", "cifar10": "missing"}


def test_recipes_prints_every_recipe_with_its_settings(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recipes", "--json"]) == 0
    recipes = {recipe["name"]: recipe for recipe in json.loads(capsys.readouterr().out)}
    assert [layer["units"] for layer in recipes["mnist-784-32-sgd"]["spec"]["hidden"]] == [784, 32]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "--recipe", "nonsense"], "There is no recipe called 'nonsense'"),
        (["train", "--epochs", "0"], "Epochs: is 0; expected at least 1."),
        (["train", "--dataset", "mnist"], "mnist.npz"),
        (["train", "--dataset", "../secret"], "secret"),
        (["evaluate", "ffffffffffff"], "There is no run 'ffffffffffff'"),
        (["evaluate", "../../etc/passwd"], "There is no such run"),
        (["classify", "--run", "newest", "picture.png"], "Train one first"),
        (["classify", "--run", "ffffffffffff", "picture.png"], "There is no run 'ffffffffffff'"),
        (["classify", "missing.png"], "missing.png: There is no file missing.png"),
        (["classify", "missing/*.png"], "There is no picture in missing/*.png"),
        (["import", "missing.zip", "--name", "pets"], "missing.zip"),
        (["import", "missing.zip"], "add --name NAME, or --preview"),
        (["import", "missing.zip", "--name", "digits"], "belongs to the bundled digits"),
        (["import", "missing.zip", "--name", "pets", "--size", "500"], "Size in pixels: is 500; expected at most 256."),
    ],
)
def test_a_users_mistake_ends_with_2_and_one_line_that_helps(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert message in printed.err
    assert printed.err.count("\n") == 1


def test_import_makes_a_set_that_datasets_lists(tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archive = archive_of_class_folders(tmp_path / "pets.zip")
    assert main(["import", str(archive), "--name", "pets", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["training_images"], result["test_images"], result["class_names"]) == (12, 4, ["cat", "dog"])
    assert Path(result["path"]) == home / "datasets" / "pets.npz"
    main(["datasets", "--json"])
    assert "pets" in {entry["name"] for entry in json.loads(capsys.readouterr().out) if entry["state"] == "ready"}


def test_import_takes_the_choices_of_the_page(tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archive = archive_of_class_folders(tmp_path / "pets.zip")
    choices = [
        "--name",
        "tiny",
        "--title",
        "Tiny pets",
        "--size",
        "6",
        "--colour",
        "colour",
        "--fit",
        "crop",
        "--test-share",
        "0.5",
        "--seed",
        "7",
    ]
    assert main(["import", str(archive), *choices]) == 0
    assert "tiny: 12 training and 4 test images in 2 classes" in capsys.readouterr().out
    image_set = load_npz(home / "datasets" / "tiny.npz", name="tiny")
    assert (image_set.title, image_set.image_shape) == ("Tiny pets", (6, 6, 3))


def test_import_keeps_a_set_that_is_there_already(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archive = archive_of_class_folders(tmp_path / "pets.zip")
    assert main(["import", str(archive), "--name", "pets"]) == 0
    assert main(["import", str(archive), "--name", "pets"]) == 2
    assert "There is a set called 'pets' already" in capsys.readouterr().err


def test_a_preview_tells_what_is_there_and_stores_nothing(tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archive = archive_of_class_folders(tmp_path / "my pets.zip")
    with zipfile.ZipFile(archive, "a") as members:
        members.writestr("pets/train/cat/broken.png", b"text")
    assert main(["import", str(archive), "--preview"]) == 0
    printed = capsys.readouterr().out
    assert "my pets.zip: picture files, 16 pictures, 16 of them grey" in printed
    assert "  cat: 6 training, 2 test" in printed
    assert "left out: pets/train/cat/broken.png: It is not a PNG" in printed
    assert "suggested: --name my_pets --title 'My pets' --size 8 --colour grey" in printed
    assert main(["import", str(archive), "--preview", "--json"]) == 0
    survey = json.loads(capsys.readouterr().out)
    assert (survey["sizes"], survey["suggestion"]["size"]) == ([{"width": 8, "height": 8, "pictures": 16}], 8)
    assert not (home / "datasets").exists()


def test_import_takes_a_folder_with_the_four_idx_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "idx"
    folder.mkdir()
    for split, count in (("train", 6), ("t10k", 4)):
        header = struct.pack(">4B3I", 0, 0, 8, 3, count, 5, 5)
        (folder / f"{split}-images-idx3-ubyte").write_bytes(header + bytes(25 * count))
        (folder / f"{split}-labels-idx1-ubyte").write_bytes(struct.pack(">4BI", 0, 0, 8, 1, count) + bytes(n % 2 for n in range(count)))
    assert main(["import", str(folder), "--name", "idx", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["training_images"], result["test_images"], result["class_names"]) == (6, 4, ["0", "1"])


@pytest.mark.slow
def test_a_script_trains_evaluates_and_classifies(tmp_path: Path) -> None:
    def run(*arguments: str) -> list[str]:
        command = [sys.executable, "-m", "core", *arguments, "--json"]
        finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        assert finished.stderr == ""
        return finished.stdout.splitlines()

    *events, last = [json.loads(line) for line in run("train", "--recipe", "digits-64", "--seed", "5", "--test")]
    assert {event["kind"] for event in events} == {"TrainingStarted", "StepsTaken", "EpochEnded"}
    assert sum(event["kind"] == "EpochEnded" for event in events) == 40
    assert last["state"] == "finished" and last["test_accuracy"] > 0.9 and last["images_per_second"] > 0

    [evaluated] = [json.loads(line) for line in run("evaluate", last["run"])]
    assert evaluated["test_accuracy"] == last["test_accuracy"]
    assert evaluated["test_cross_entropy"] == pytest.approx(last["test_cross_entropy"])
    digits = load_digits().sha256
    assert (Ledger(load_settings().home).is_open(digits, last["run"]), Ledger(load_settings().home).count_openings(digits)) == (True, 1)

    picture = picture_of_a_seven(tmp_path / "seven.png")
    [classified] = [json.loads(line) for line in run("classify", str(picture), "--run", "newest")]
    assert classified["run"] == last["run"]
    assert classified["images"][0]["label"] == "7"
    assert sum(classified["images"][0]["probabilities"].values()) == pytest.approx(1, abs=1e-4)
    # What the run has seen was worked out for that, and is kept for the next time and for the pages.
    assert 0 < classified["images"][0]["novelty"]["threshold"] < 2
    assert len(list(load_settings().results.glob("*.npz"))) == 1


def openings() -> int:
    return Ledger(load_settings().home).count_openings(load_digits().sha256)


def test_train_tells_the_validation_accuracy_and_leaves_the_test_images_sealed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--epochs", "2", "--json"]) == 0
    *_, ended, result = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    low, high = result["validation_accuracy_interval"]
    assert low < result["validation_accuracy"] < high and result["validation_images"] == 288
    assert result["validation_accuracy"] == pytest.approx(ended["validation_accuracy"])
    assert result["validation_loss"] == pytest.approx(ended["validation_loss"])
    # Without penalties and with the usual loss, both kinds are the same number.
    assert result["validation_cross_entropy"] == pytest.approx(ended["validation_loss"], rel=1e-5)
    assert [key for key in result if "test" in key] == [] and openings() == 0

    assert main(["evaluate", result["run"]]) == 0
    words = capsys.readouterr().out
    assert f"validation accuracy {format_percent(result['validation_accuracy'], 2)} (95 % interval" in words and "on 288 images" in words
    assert "test images: sealed" in words and openings() == 0


def test_test_images_are_opened_on_request_and_counted_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--epochs", "1", "--test"]) == 0
    words = capsys.readouterr().out
    assert "validation accuracy" in words and "test accuracy" in words and openings() == 1
    run = re.search(r"run (\w+) finished", words)
    assert run is not None
    # They are open now.
    assert main(["evaluate", run[1]]) == 0
    assert "test accuracy" in capsys.readouterr().out and openings() == 1


def test_a_loss_with_penalties_is_told_apart_from_the_cross_entropy() -> None:
    penalised = {"hidden": [{"kind": "dense", "units": 8, "l2": 0.1}], "epochs": 1, "validation_split": 0.1}
    result = train_recipe(load_settings(), "digits-64", penalised, lambda event: None)
    assert result["validation_loss"] > 0.5 + result["validation_cross_entropy"]


def test_a_run_that_held_nothing_back_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    result = train_recipe(load_settings(), "digits-64", {"epochs": 1, "validation_split": 0}, lambda event: None)
    assert (result["validation_images"], result["validation_accuracy"], result["validation_loss"]) == (0, None, None)
    assert main(["evaluate", result["run"]]) == 0
    assert "the run held none back" in capsys.readouterr().out


@pytest.mark.slow
def test_without_a_run_the_network_that_comes_with_inkling_reads_what_can_be_read(tmp_path: Path) -> None:
    picture_of_a_seven(tmp_path / "seven.png")
    picture = Image.new("L", (280, 280), 255)
    ImageDraw.Draw(picture).polygon([(40, 200), (60, 60), (230, 40), (210, 230)], fill=0)
    picture.save(tmp_path / "blot.png")
    (tmp_path / "broken.png").write_bytes(b"text")

    finished = subprocess.run([sys.executable, "-m", "core", "classify", str(tmp_path)], cwd=ROOT, capture_output=True, text=True)
    assert finished.returncode == 2
    blot, seven = finished.stdout.splitlines()
    assert re.fullmatch(r".*seven\.png: 7 \(>?\d+\.\d %\)\.", seven)
    assert re.fullmatch(r".*blot\.png: unlike anything it learned from \(.*\); if it had to say, \d \(>?\d+\.\d %\)\.", blot)
    [told] = finished.stderr.splitlines()
    assert told.startswith(f"inkling: {tmp_path / 'broken.png'}: The picture can't be read")


def test_no_file_s_name_reaches_the_terminal_as_a_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    odd = "new\nline\x1b[31m"
    picture_of_a_seven(tmp_path / f"{odd}.png")
    (tmp_path / f"{odd}2.png").write_bytes(b"text")
    assert main(["classify", str(tmp_path)]) == 2
    assert main(["classify", str(tmp_path / f"{odd}3.png")]) == 2
    assert main(["import", str(tmp_path / f"{odd}3.zip"), "--name", "pets"]) == 2
    header = "label," + ",".join(f"p{number}\x1b[31m" for number in range(16)) + ",odd\x1b[31m"
    (tmp_path / "table.csv").write_text("\n".join([header, *(f"{row % 4},{'7,' * 16}{row % 2}" for row in range(40))]))
    assert main(["import", str(tmp_path / "table.csv"), "--name", "pets", "--preview"]) == 0
    printed = capsys.readouterr()
    assert "\x1b" not in printed.out + printed.err
    assert r"new\nline\x1b[31m.png: 7 (" in printed.out
    assert r"new\nline\x1b[31m2.png: The picture can't be read" in printed.err
    assert len(printed.err.splitlines()) == 3


def test_what_is_beyond_the_limit_is_seen_to_be_so() -> None:
    image = {
        "file": "a.png",
        "label": "7",
        "probability": 0.5,
        "novelty": {"is_novel": True, "score": 0.34349, "threshold": 0.34337},
        "notes": [],
    }
    assert "(novelty 0.3435, limit 0.3434)" in _show_classify({"images": [image]})
    assert format_apart(0.5, 0.25) == ("0.50", "0.25")
    assert format_apart(0.34349, 0.34337, 4) == ("0.3435", "0.3434")
    assert format_apart(0.5, 0.5)[0] == format_apart(0.5, 0.5)[1]


def test_a_training_that_is_stopped_before_its_first_step_keeps_no_random_network(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("core.commands.stop_when", lambda _: stop_when(lambda: True))
    assert main(["train", "--epochs", "1"]) == 2
    assert "was stopped before its first step, so it learned nothing" in capsys.readouterr().err
    [record] = RunStore(load_settings().home).list()
    assert (record.state, record.has_weights, record.accuracy) == (RunState.STOPPED, False, None)


def test_each_epoch_is_told_with_losses_by_their_name_and_shares_by_the_one_rule(capsys: pytest.CaptureFixture[str]) -> None:
    event = {"kind": "EpochEnded", "epoch": 3, "loss": 0.01, "accuracy": 0.99999, "validation_loss": 0.5, "validation_accuracy": 1.0}
    _print_epoch(event, TrainingSpec())
    _print_epoch(event | {"validation_loss": None, "validation_accuracy": None}, TrainingSpec(loss="mean_squared_error"))
    assert capsys.readouterr().out.splitlines() == [
        "epoch   3   training cross-entropy 0.0100 accuracy >99.99 %   validation cross-entropy 0.5000 accuracy 100.00 %",
        "epoch   3   training loss (mean squared error) 0.0100 accuracy >99.99 %",
    ]


def test_a_look_at_the_shipped_network_s_test_images_is_one_opening_however_often_it_is_measured(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def look(settings: Settings, open_test: Callable[[str], None], folder: Path) -> Card:
        open_test("images")
        raise StorageError("The disk is full.")

    monkeypatch.setattr("core.shipped.making.measure_again", look)
    assert [main(["pretrain", "--measure", "--into", str(tmp_path)]) for _ in range(2)] == [2, 2]
    assert Ledger(load_settings().home).count_openings("images") == 1
