"""Pictures show what they are given."""

import numpy as np
import pytest
import torch
from PIL import Image

from training import figures


def test_a_grid_has_its_images_in_rows_and_clips_what_is_out_of_range(tmp_path):
    values = torch.tensor([-1.0, 1.0, 0.0, -3.0, 3.0, 0.5])
    images = values.reshape(6, 1, 1, 1).expand(6, 1, 4, 5)
    figures.save_grid(tmp_path / "grid.png", images, columns=3)
    grid = np.asarray(Image.open(tmp_path / "grid.png"))
    assert grid.shape == (2 + 2 * 6, 2 + 3 * 7)
    cells = [grid[2 + 6 * row : 6 + 6 * row, 2 + 7 * col : 7 + 7 * col] for row in range(2) for col in range(3)]
    assert [int(np.unique(cell).item()) for cell in cells] == [0, 255, 128, 0, 255, 191]
    assert grid[:2].max() == grid[:, :2].max() == grid[:, -2:].max() == 0


def test_an_animation_has_every_frame_and_rests_on_the_last(tmp_path):
    frames = []
    for value in (-1.0, 0.0, 1.0):
        frames.append(tmp_path / f"{value}.png")
        figures.save_grid(frames[-1], torch.full((4, 1, 3, 3), value), columns=2)
    figures.save_animation(tmp_path / "a.gif", frames)
    with Image.open(tmp_path / "a.gif") as gif:
        assert gif.n_frames == 3
        durations = []
        for frame in range(3):
            gif.seek(frame)
            durations.append(gif.info["duration"])
    assert durations[-1] > durations[0] == durations[1]


@pytest.mark.parametrize("n", [1, 50, 5000])
def test_curves_of_any_length_are_drawn(tmp_path, n):
    losses, curves = {"nll": list(np.linspace(3, 1, n))}, {"valid_nll": [float("inf"), 2.0, 1.5]}
    figures.save_curves(tmp_path / "c.png", losses, curves, max(n // 3, 1), "nats")
    assert Image.open(tmp_path / "c.png").size == (700, 400)


def test_density_and_samples_are_drawn_even_where_the_density_is_zero(tmp_path):
    points = np.random.default_rng(0).normal(size=(50, 2))
    figures.save_samples(tmp_path / "s.png", points, "samples")
    figures.save_density(tmp_path / "d.png", points, lambda p: np.where(p[:, 0] > 0, -np.inf, -(p**2).sum(1)))
    assert Image.open(tmp_path / "s.png").size == (500, 500)
    assert Image.open(tmp_path / "d.png").size == (1000, 500)
