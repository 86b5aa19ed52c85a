"""The defaults are the handout's, and flags at odds with each other are refused in one line."""

import re
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
        ("--model gan --loss_type minimax", "gan_minimax"),
        ("--model gan --arch mlp", "gan_nonsat_mlp"),
        ("--compare minimax,nonsaturating --arch shallow", "gan_compare_shallow"),
        ("--model image_flow --n_epochs 1 --batch_size 64", "image_flow"),
        ("--model image_flow --n_epochs 1 --no_dequantise", "image_flow_without_noise"),
    ],
)
def test_the_gans_have_the_defaults_of_the_handout(words, folder):
    settings = parse(words.split())
    assert (settings.n_epochs, settings.batch_size, settings.n_samples) == (1, 64, 100)
    assert (settings.dataset, settings.out_dir) == ("fashion-mnist", Path(folder))


def test_the_vae_has_the_defaults_of_the_handout():
    settings = parse(["--model", "vae"])
    assert (settings.n_steps, settings.batch_size, settings.n_samples, settings.dim_z) == (20_000, 100, 200, 10)
    assert (settings.dataset, settings.arch, settings.out_dir) == ("fashion-mnist", "mlp", Path("vae"))


def test_several_runs_differ_by_seed_and_folder():
    runs = parse("--model vae --runs 3 --seed 5 --out_dir v".split()).each_run()
    assert [(run.seed, run.out_dir, run.runs) for run in runs] == [(s, Path(f"v/seed_{s}"), 1) for s in (5, 6, 7)]


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
        ("--seed -1", "seeds must be from 0 to 4294967295"),
        ("--save_every -1", "0 seconds or more"),
        ("--save_every nan", "0 seconds or more"),
        ("--loss_type nonsaturating", "belongs to --model gan or cgan"),
        ("--dataset digits", "belongs to --model gan or cgan"),
        ("--animate", "belongs to --model gan or cgan"),
        ("--model gan --dataset digits --data_dir x", "needs no files"),
        ("--model vea", "flow"),
        ("--model vae --n_samples 30", "multiple of 20 from 20 to 1000"),
        ("--model vae --n_steps 0", "--n_steps must be 1 or more"),
        ("--model vae --dim_z 0", "--dim_z must be 1 or more"),
        ("--model vae --n_epochs 3", "belongs to --model flow or gan or cgan"),
        ("--model vae --arch conv", "takes --arch mlp or shallow, not conv"),
        ("--model cgan --arch mlp", "belongs to --model gan or vae"),
        ("--model cgan --loss_type minimax", "minimax is for gan"),
        ("--model cgan --compare minimax,nonsaturating", "belongs to --model gan"),
        ("--compare minimax", "two or more of nonsaturating, minimax, wasserstein_gp"),
        ("--compare minimax,minimax", "two or more"),
        ("--compare minimax,hinge", "not minimax,hinge"),
        ("--compare minimax,nonsaturating --loss_type minimax", "leave --loss_type out"),
        ("--runs 0", "--runs must be 1 or more"),
        ("--seed 4294967295 --runs 2", "those of --seed and --runs are 4294967295 to 4294967296"),
        ("--runs 5000000000", "those of --seed and --runs are 0 to 4999999999"),
        ("--model gan --n_flows 3", "belongs to --model flow or image_flow"),
        ("--divergence kl", "belongs to --model fgan"),
        ("--model gan --no_dequantise", "belongs to --model image_flow"),
        ("--model gan --dataset moons", "belongs to --model fgan"),
        ("--model fgan --divergence all --dataset moons", "takes no --dataset"),
        ("--model fgan --divergence all --n_samples 200", "takes no --n_samples"),
        ("--model fgan --data_dir x", "--dataset mixture needs no files"),
        ("--model vae --no_metrics", "belongs to --model flow or gan or cgan or fgan"),
        ("--model fgan --n_samples 50", "from 100 to 1000000"),
        ("--model fgan --dataset digits --n_samples 55", "multiple of 10"),
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


def test_of_an_f_gan_on_images_as_many_are_drawn_as_of_other_gans():
    assert parse("--model fgan --dataset digits".split()).n_samples == 100
    assert parse("--model fgan --dataset digits --n_samples 20".split()).n_samples == 20
    assert parse("--model fgan".split()).n_samples == 1000


def test_the_data_sets_on_the_command_line_are_those_that_there_are():
    assert sorted(DATASETS) == sorted(IMAGE_SETS)


def test_a_run_is_known_by_all_that_shapes_it():
    free = {"out_dir", "data_dir", "device", "save_every", "no_metrics", "animate", "resume", "cache", "runs"}
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
        "--model vae --n_steps 30 --runs 3 --arch shallow",
        "--compare minimax,nonsaturating --arch mlp",
        "--model fgan --divergence kl --dataset moons",
        "--model image_flow --no_dequantise --n_flows 2",
    ],
)
def test_the_command_to_go_on_with_gives_the_same_settings(words):
    settings = parse(shlex.split(words))
    assert parse(shlex.split(settings.command())) == settings


def test_git_ignores_every_folder_of_results_that_the_readme_names():
    root = Path(__file__).resolve().parents[2]
    folders = set(re.findall(r"\| `(\w+)/` \|", (root / "README.md").read_text()))
    assert {"maf", "gan_nonsat", "vae", "fgan_kl", "image_flow"} <= folders
    ignored = [line.strip("/") for line in (root / ".gitignore").read_text().splitlines() if line.startswith("/")]
    for folder in folders:
        for place in (Path(), Path("src")):
            assert any((place / folder).match(pattern) for pattern in ignored), place / folder
