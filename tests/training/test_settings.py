"""The defaults are the handout's, and flags at odds with each other are refused in one line."""

import shlex
from dataclasses import fields
from pathlib import Path

import pytest

from data import IMAGE_SETS
from main import parse
from training.settings import DATASETS, Settings, SettingsError


def test_the_flow_has_the_defaults_of_the_handout():
    settings = parse([])
    assert (settings.model, settings.n_flows, settings.hidden_size) == ("flow", 5, 100)
    assert (settings.n_epochs, settings.batch_size, settings.n_samples) == (50, 100, 1000)
    assert (settings.out_dir, settings.device, settings.seed) == (Path("maf"), "cpu", 0)


@pytest.mark.parametrize(
    ("words", "folder"),
    [
        ("--model gan", "gan_nonsat"),
        ("--model gan --loss_type wasserstein_gp", "gan_wass_gp"),
        ("--model cgan", "gan_nonsat_conditional"),
        ("--model cgan --out_dir elsewhere", "elsewhere"),
    ],
)
def test_the_gans_have_the_defaults_of_the_handout(words, folder):
    settings = parse(words.split())
    assert (settings.n_epochs, settings.batch_size, settings.n_samples) == (1, 64, 100)
    assert (settings.dataset, settings.out_dir) == ("fashion-mnist", Path(folder))


@pytest.mark.parametrize(
    ("words", "allowed"),
    [
        ("--model cgan --loss_type wasserstein_gp", "nonsaturating only"),
        ("--n_samples 5", "from 100 to 1000000"),
        ("--model gan --n_samples 5", "multiple of 10 from 10 to 1000"),
        ("--model gan --n_samples 1010", "multiple of 10 from 10 to 1000"),
        ("--n_epochs -1", "--n_epochs must be 1 or more"),
        ("--n_epochs 0", "--n_epochs must be 1 or more"),
        ("--n_flows 0", "--n_flows must be 1 or more"),
        ("--hidden_size -5", "--hidden_size must be 1 or more"),
        ("--batch_size 0", "--batch_size must be 1 or more"),
        ("--model gan --batch_size 1", "--batch_size must be 2 or more"),
        ("--seed -1", "--seed must be from 0 to 4294967295"),
        ("--save_every -1", "0 seconds or more"),
        ("--save_every nan", "0 seconds or more"),
        ("--loss_type nonsaturating", "belongs to --model gan or cgan"),
        ("--dataset digits", "belongs to --model gan or cgan"),
        ("--animate", "belongs to --model gan or cgan"),
        ("--model gan --dataset digits --data_dir x", "needs no files"),
        ("--model gan --n_flows 3", "belongs to --model flow"),
        ("--model vae", "flow"),
        ("--device mps", "gpu"),
        ("--n_epochs many", "--n_epochs"),
        ("--n_epoch 3", "--n_epoch"),
    ],
)
def test_flags_that_make_no_sense_are_refused_in_one_line(words, allowed, capsys):
    with pytest.raises(SystemExit) as caught:
        parse(words.split())
    assert caught.value.code == 2
    message = capsys.readouterr().err
    assert allowed in message
    assert message.count("\n") == 1 and len(message) < 200


def test_the_sizes_at_the_edge_are_taken():
    assert parse("--model gan --n_samples 1000".split()).n_samples == 1000
    assert parse("--n_samples 100".split()).n_samples == 100


def test_the_data_sets_on_the_command_line_are_those_that_there_are():
    assert sorted(DATASETS) == sorted(IMAGE_SETS)


def test_a_run_is_known_by_all_that_shapes_it():
    free = {"out_dir", "data_dir", "device", "save_every", "no_metrics", "animate", "resume", "cache"}
    assert set(parse("--model gan".split()).shaping()) == {field.name for field in fields(Settings)} - free


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path):
    path = tmp_path / "taken"
    path.write_text("")
    with pytest.raises(SettingsError, match="is a file"):
        Settings.from_flags({"out_dir": path})


@pytest.mark.parametrize(
    "words",
    [
        "",
        "--model cgan --dataset digits --animate --seed 7 --out_dir 'a b'",
        "--out_dir=-x",
        "--n_flows 2 --save_every 0.5",
    ],
)
def test_the_command_to_go_on_with_gives_the_same_settings(words):
    settings = parse(shlex.split(words))
    assert parse(shlex.split(settings.command())) == settings
