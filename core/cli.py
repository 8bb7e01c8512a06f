"""The command line: what the pages do, for a script.

It parses, hands over to the core and prints. `--json` prints one JSON document; for `train` one JSON event a line
and the result last. Exit status 0, or 2 with one line on standard error for a user's mistake.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from core import commands
from core.classifying import NEWEST, classify_files
from core.datasets.importing.options import Colour, Fit, ImportOptions, Turn
from core.errors import DatasetError, InklingError
from core.networks.objective import name_loss, name_objective
from core.networks.recipes import DEFAULT_RECIPE, RECIPES, find_recipe
from core.networks.spec import TrainingSpec
from core.predictions.novelty import describe_too_few
from core.printable import escape
from core.rates import format_apart, format_percent, format_range
from core.settings import load_settings
from core.shipped.card import load_card

USER_MISTAKE = 2

_MOST_LISTED = 10
_SUGGESTED = ("name", "title", "size", "colour", "part", "labels")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit status."""
    # TensorFlow's C++ side writes its notices to the terminal unless told not to before it loads.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    arguments = build_parser().parse_args(argv)
    try:
        result = arguments.run(arguments)
    except InklingError as error:
        print(f"inkling: {_one_line(str(error))}", file=sys.stderr)
        return USER_MISTAKE
    except BrokenPipeError:
        # The reader of a pipe, such as `head`, has seen enough.
        return 0
    shown = json.dumps(result) if arguments.json else arguments.show(result)
    if shown:
        print(shown)
    problems = arguments.find_problems(result)
    for problem in problems:
        print(f"inkling: {_one_line(problem)}", file=sys.stderr)
    return USER_MISTAKE if problems else 0


def _one_line(message: str) -> str:
    """A message on one line. What a file's name would do to the terminal is escaped."""
    return escape(" ".join(message.split()))


def build_parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    parser = argparse.ArgumentParser(
        prog="python -m core", description="Inkling's laboratory for scripts: what the pages do, without a page."
    )
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, help: str, run: Callable[[argparse.Namespace], Any], show: Callable[[Any], str]) -> argparse.ArgumentParser:
        command = subparsers.add_parser(name, help=help, description=help)
        command.add_argument("--json", action="store_true", help="print JSON")
        command.set_defaults(run=run, show=show, find_problems=lambda result: ())
        return command

    add("datasets", "List the image sets and whether they are on this machine.", _datasets, _show_datasets)
    add("recipes", "List the ready-made settings.", _recipes, _show_recipes)

    train = add("train", "Train a network and score it on its validation images.", _train, _show_train)
    train.add_argument("--recipe", default=DEFAULT_RECIPE, metavar="NAME", help=f"one of {', '.join(RECIPES)} (default: {DEFAULT_RECIPE})")
    train.add_argument("--dataset", metavar="NAME", help="another image set than the recipe's")
    train.add_argument("--epochs", type=int, metavar="N", help="times through all training images")
    train.add_argument("--seed", type=int, metavar="N", help="the number that training's randomness starts from")
    train.add_argument("--split-seed", type=int, metavar="N", help="the number that draws the validation images")
    train.add_argument(
        "--shuffled-pixels", action="store_const", const=True, help="the pixels of all images in another order, always the same"
    )

    evaluate = add(
        "evaluate", "Score a run on its validation images, and on the test images if they are opened for it.", _evaluate, _show_evaluate
    )
    evaluate.add_argument("run_id", metavar="RUN", help="a run's id, as `train` prints it")
    for command in (train, evaluate):
        command.add_argument("--test", action="store_true", help="open the test images for this run and score it on them; this is counted")

    classify = add(
        "classify", "Read picture files with the network that comes with Inkling, or one of your own.", _classify, _show_classify
    )
    classify.add_argument(
        "images",
        nargs="+",
        type=Path,
        metavar="IMAGE",
        help="a picture file (PNG, JPEG, GIF, BMP, WebP, TIFF or PGM), a folder of them, or a pattern such as 'scans/*.png'",
    )
    classify.add_argument(
        "--run",
        metavar="RUN",
        dest="run_id",
        help=f"a run's id, or `{NEWEST}` for the newest run with something learned, from images that are here"
        " (default: the network that comes with Inkling)",
    )
    classify.set_defaults(find_problems=_unreadable_files)

    pretrain = add(
        "pretrain", "Make the network that comes with Inkling anew, from MNIST. Takes about five minutes.", _pretrain, _show_pretrain
    )
    pretrain.add_argument("--into", type=Path, metavar="FOLDER", help="where to write its files (default: in place of those that came)")
    pretrain.add_argument("--measure", action="store_true", help="keep the weights, and only measure them anew: a minute")

    bring = add("import", "Make an image set from class folders of pictures, .npz files, IDX files or a CSV table.", _import, _show_import)
    bring.add_argument("paths", type=Path, nargs="+", metavar="PATH", help="the file or files, or a folder with all that is in it")
    # A preview needs no name.
    _add_choice(bring, "name")
    _add_choice(bring, "title")
    _add_choice(bring, "size", type=int, metavar="PIXELS")
    _add_choice(bring, "colour", choices=[str(colour) for colour in Colour])
    _add_choice(bring, "fit", choices=[str(fit) for fit in Fit])
    _add_choice(bring, "largest", type=float, metavar="NUMBER")
    _add_choice(bring, "turn", choices=[str(turn) for turn in Turn])
    _add_choice(bring, "mirror", action=argparse.BooleanOptionalAction)
    _add_choice(bring, "labels", metavar="CHOICE")
    _add_choice(bring, "part", metavar="PART")
    _add_choice(bring, "test_share", type=float, metavar="SHARE")
    _add_choice(bring, "seed", type=int, metavar="N")
    bring.add_argument("--preview", action="store_true", help="tell what is in the files, and store nothing")
    return parser


def _add_choice(command: argparse.ArgumentParser, name: str, **details: Any) -> None:
    """A field of `ImportOptions` as an argument. Those that are not given are left out, so that the field's own default counts."""
    field = ImportOptions.model_fields[name]
    default = f" (default: {field.default})" if field.default is not None and not field.is_required() else ""
    help = f"{field.description}{default}".replace("%", "%%")
    command.add_argument(f"--{name.replace('_', '-')}", dest=name, default=argparse.SUPPRESS, help=help, **details)


def _datasets(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    return commands.list_datasets(load_settings())


def _show_datasets(sets: list[dict[str, Any]]) -> str:
    lines = (f"{entry['name']:<20} {entry['state']:<9} {entry['reason'] or entry['title']}" for entry in sets)
    return "\n".join(lines)


def _recipes(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    return commands.list_recipes()


def _show_recipes(recipes: list[dict[str, Any]]) -> str:
    return "\n".join(f"{recipe['name']:<18} {recipe['title']}. {recipe['summary']}" for recipe in recipes)


def _train(arguments: argparse.Namespace) -> dict[str, Any]:
    names = ("dataset", "epochs", "seed", "split_seed", "shuffled_pixels")
    changes = {name: getattr(arguments, name) for name in names if getattr(arguments, name) is not None}
    on_event = _print_json if arguments.json else partial(_print_epoch, spec=find_recipe(arguments.recipe).spec)
    return commands.train_recipe(load_settings(), arguments.recipe, changes, on_event, opens_test=arguments.test)


def _print_json(event: dict[str, Any]) -> None:
    print(json.dumps(event), flush=True)


def _print_epoch(event: dict[str, Any], spec: TrainingSpec) -> None:
    """One line for each epoch, its losses by their name."""
    if event["kind"] != "EpochEnded":
        return
    told = [_describe_epoch(event, "training", "", spec)]
    if event["validation_loss"] is not None:
        told.append(_describe_epoch(event, "validation", "validation_", spec))
    print("   ".join([f"epoch {event['epoch']:>3}", *told]), flush=True)


def _describe_epoch(event: dict[str, Any], images: str, prefix: str, spec: TrainingSpec) -> str:
    loss, accuracy = event[f"{prefix}loss"], format_percent(event[f"{prefix}accuracy"], 2)
    return f"{name_loss(name_objective(spec), images)} {loss:.4f} accuracy {accuracy}"


def _show_train(result: dict[str, Any]) -> str:
    speed = f"{result['images']:,} images in {result['seconds']:.1f} s, {result['images_per_second']:,.0f} a second"
    return "\n".join([f"run {result['run']} {result['state']}: {speed}", *result["notes"], _show_evaluate(result)])


def _evaluate(arguments: argparse.Namespace) -> dict[str, Any]:
    return commands.evaluate_run(load_settings(), arguments.run_id, opens_test=arguments.test)


def _show_evaluate(result: dict[str, Any]) -> str:
    validation = _show_score(result, "validation") if result["validation_images"] else "no validation images: the run held none back"
    sealed = f"test images: sealed; `evaluate {result['run']} --test` opens them for this run, and is counted"
    return f"{validation}\n{_show_score(result, 'test') if 'test_images' in result else sealed}"


def _show_score(result: dict[str, Any], kind: str) -> str:
    low, high = result[f"{kind}_accuracy_interval"]
    return (
        f"{kind} accuracy {format_percent(result[f'{kind}_accuracy'], 2)} (95 % interval {format_range(low, high, 2)}), "
        f"cross-entropy {result[f'{kind}_cross_entropy']:.4f}, on {result[f'{kind}_images']:,} images"
    )


def _classify(arguments: argparse.Namespace) -> dict[str, Any]:
    report = _print_report if sys.stderr.isatty() and not arguments.json else lambda share, text: None
    return classify_files(load_settings(), arguments.images, arguments.run_id, report)


def _print_report(share: float, text: str) -> None:
    print(f"looking at what it learned from: {text}", file=sys.stderr, flush=True)


def _show_classify(result: dict[str, Any]) -> str:
    return "\n".join(_show_reading(image) for image in result["images"] if "label" in image)


def _show_reading(image: dict[str, Any]) -> str:
    answer, novelty = f"{image['label']} ({format_percent(image['probability'])}).", image["novelty"]
    if novelty["is_novel"]:
        score, threshold = format_apart(novelty["score"], novelty["threshold"])
        limits = f"novelty {score}, limit {threshold}"
        answer = f"unlike anything it learned from ({limits}); if it had to say, {answer}"
    elif novelty["is_novel"] is None:
        answer = f"{answer} {describe_too_few(novelty['measured'], 'images')}"
    return " ".join([f"{escape(image['file'])}:", answer, *image["notes"]])


def _unreadable_files(result: dict[str, Any]) -> list[str]:
    return [f"{escape(image['file'])}: {image['error']}" for image in result["images"] if "error" in image]


def _pretrain(arguments: argparse.Namespace) -> dict[str, Any]:
    if arguments.measure:
        return commands.measure_shipped(load_settings(), arguments.into)
    # Its recipe is that of the network that is there.
    on_event = _print_json if arguments.json else partial(_print_epoch, spec=load_card().spec)
    return commands.pretrain_shipped(load_settings(), arguments.into, on_event)


def _show_pretrain(card: dict[str, Any]) -> str:
    lines = [
        f"{row['kind']:<30} {row['images']:>7,} pictures   called novel: {format_percent(row['by_score'] / row['images']):>7}"
        f"   by the energy: {format_percent(row['by_energy'] / row['images']):>7}"
        for row in card["novelty"]
    ]
    low, high = card["test_accuracy_interval"]
    interval = format_range(low, high, 2)
    accuracy = f"test accuracy {format_percent(card['test_accuracy'], 2)} (95 % interval {interval}), on {card['test_images']:,} images"
    misread = f"{card['misread_flagged']} of the {card['misread']} test images read wrong are called novel"
    printed = f"{card['printed_right']} of {10 * len(card['printed_fonts'])} printed digits are read right"
    made = f"trained in {card['seconds']:.0f} s; {card['parameters']:,} parameters; {accuracy}"
    return "\n".join([made, misread, printed, *lines])


def _import(arguments: argparse.Namespace) -> dict[str, Any]:
    show = _print_progress if sys.stderr.isatty() and not arguments.json else lambda done, total: None
    if arguments.preview:
        chosen = {name: getattr(arguments, name, None) for name in ("part", "labels")}
        return commands.survey_files(arguments.paths, show, **chosen)
    choices = {name: getattr(arguments, name) for name in ImportOptions.model_fields if hasattr(arguments, name)}
    if "name" not in choices:
        raise DatasetError("The set needs a name: add --name NAME, or --preview to see first what is in the files.")
    return commands.import_files(load_settings(), arguments.paths, choices, show)


def _print_progress(done: int, total: int) -> None:
    print(f"\r{done:,} of {total:,} images", end="\n" if done == total else "", file=sys.stderr, flush=True)


def _show_import(result: dict[str, Any]) -> str:
    if "suggestion" in result:
        return _show_survey(result)
    counts = f"{result['training_images']:,} training and {result['test_images']:,} test images in {len(result['class_names'])} classes"
    return "\n".join(map(escape, [f"{result['name']}: {counts}, stored as {result['path']}", *_show_left_out(result)]))


def _show_survey(survey: dict[str, Any]) -> str:
    pictures = survey["grey_pictures"] + survey["colour_pictures"]
    sizes = [f"{size['width']} x {size['height']} ({size['pictures']:,})" for size in survey["sizes"][:_MOST_LISTED]]
    more = f" and {len(survey['sizes']) - _MOST_LISTED:,} more" if len(survey["sizes"]) > _MOST_LISTED else ""
    classes = zip(survey["class_names"], survey["training_counts"], survey["test_counts"], strict=True)
    counts = [f"  {name}: {training:,}{f' training, {test:,} test' if survey['has_split'] else ''}" for name, training, test in classes]
    options = " ".join(
        f"--{name.replace('_', '-')} {shlex.quote(str(survey['suggestion'][name]))}" for name in _SUGGESTED if survey["suggestion"][name]
    )
    told = [
        f"{survey['source_name']}: {survey['kind']}, {pictures:,} pictures, {survey['grey_pictures']:,} of them grey",
        f"sizes: {', '.join(sizes)}{more}",
        *counts,
        *_show_left_out(survey),
        *_show_choices("--labels", "classes from", survey["label_choices"]),
        *_show_choices("--part", "part", survey["parts"]),
        f"suggested: {options}",
    ]
    return "\n".join(map(escape, told))


def _show_choices(option: str, what: str, choices: Sequence[dict[str, str]]) -> list[str]:
    return [f"{what}: {choice['title']} ({option} {shlex.quote(choice['key'])})" for choice in choices]


def _show_left_out(result: dict[str, Any]) -> list[str]:
    """What was noted, what is left out, and the pictures that can't be read, each with the reason."""
    others = [f"left out: {item['what']} ({item['count']:,}): {item['reason']}" for item in result["left_out"]]
    unreadable = [f"left out: {item['name']}: {item['reason']}" for item in result["unreadable"][:_MOST_LISTED]]
    rest = len(result["unreadable"]) - len(unreadable)
    return [*result["notes"], *others, *unreadable, *([f"left out: {rest:,} more"] if rest else [])]
