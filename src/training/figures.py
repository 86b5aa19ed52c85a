"""Pictures: grids of images, samples and densities of the plane, loss curves, animations."""

from itertools import cycle

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from training.files import written_beside

DATA_COLOUR, MODEL_COLOUR, HELD_OUT_COLOUR = "#4c566a", "#1f77b4", "#d55e00"
COLOURS = (MODEL_COLOUR, HELD_OUT_COLOUR, DATA_COLOUR, "#009e73", "#cc79a7")  # of curves, one after the other
GRID_GAP = 2  # pixels between the images of a grid
FRAME_MS, LAST_FRAME_MS = 200, 2000
MOST_LOG_DENSITY = 50.0  # nats; a wrong log-det knows no bounds
PLANE = 2.6  # half the side of the window on standardised points


def save_grid(path, images, columns):
    """Writes images as one grey picture, row by row.

    Args:
        path: PNG file to write.
        images: float tensor (N, 1, height, width), scaled to [-1, 1]; values outside are clipped.
        columns: images in a row; N must be a multiple of it.
    """
    pixels = ((images.detach().float().cpu().numpy()[:, 0] + 1) * 127.5).clip(0, 255).round().astype(np.uint8)
    height, width = pixels.shape[1:]
    padded = np.pad(pixels, ((0, 0), (GRID_GAP, 0), (GRID_GAP, 0)))
    rows = padded.reshape(-1, columns, height + GRID_GAP, width + GRID_GAP).swapaxes(1, 2)
    grid = np.pad(rows.reshape(-1, columns * (width + GRID_GAP)), ((0, GRID_GAP), (0, GRID_GAP)))
    with written_beside(path) as file:
        Image.fromarray(grid).save(file, format="PNG")


def save_animation(path, frames):
    """Writes a GIF that runs through pictures of one size and rests on the last.

    Args:
        path: GIF file to write.
        frames: paths of the pictures, one or more.
    """
    images = [Image.open(frame).convert("L") for frame in frames]
    durations = [FRAME_MS] * (len(images) - 1) + [LAST_FRAME_MS]
    with written_beside(path) as file:
        images[0].save(file, format="GIF", save_all=True, append_images=images[1:], duration=durations, loop=0)


def save_samples(path, samples, title):
    """Scatters points of the plane.

    Args:
        path: PNG file to write.
        samples: array (N, 2).
        title: above the picture.
    """
    figure = Figure(figsize=(5, 5), layout="constrained")
    axes = figure.subplots()
    axes.scatter(*samples.T, s=6, alpha=0.6, linewidths=0, color=MODEL_COLOUR)
    _frame(axes, title)
    _save(figure, path)


def save_density(path, points, log_density, n_ticks=301):
    """Shows a density of the plane beside the data that it was learned from.

    Args:
        path: PNG file to write.
        points: data, array (N, 2).
        log_density: function from points (N, 2) to log densities (N,), in nats, arrays both.
        n_ticks: cells of the picture along an axis.
    """
    ticks = np.linspace(-PLANE, PLANE, n_ticks, dtype=np.float32)
    grid = np.stack(np.meshgrid(ticks, ticks), axis=-1)
    log_densities = log_density(grid.reshape(-1, 2)).reshape(grid.shape[:2])
    density = np.exp(np.minimum(log_densities, MOST_LOG_DENSITY))

    figure = Figure(figsize=(10, 5), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.scatter(*points.T, s=3, alpha=0.4, linewidths=0, color=DATA_COLOUR)
    _frame(left, f"data ({len(points)} test points)")
    # A few spikes must not darken the rest: the scale ends where 99.5 % of the cells do.
    picture = right.pcolormesh(ticks, ticks, density, vmin=0, vmax=np.nanquantile(density, 0.995), cmap="viridis")
    figure.colorbar(picture, ax=right, label="density", extend="max")
    _frame(right, "density that the flow learned")
    _save(figure, path)


def save_learned(path, points, samples, title):
    """Scatters what was learned over the points that it was learned from.

    Args:
        path: PNG file to write.
        points, samples: arrays (N, 2).
        title: above the picture.
    """
    figure = Figure(figsize=(5, 5), layout="constrained")
    axes = figure.subplots()
    axes.scatter(*points.T, s=6, alpha=0.3, linewidths=0, color=DATA_COLOUR, label="data")
    axes.scatter(*samples.T, s=6, alpha=0.6, linewidths=0, color=MODEL_COLOUR, label="samples")
    axes.legend(loc="upper right", markerscale=2)
    _frame(axes, title)
    _save(figure, path)


def save_fits(path, x, data, fits):
    """Draws a density of the line, and beside it, in a panel each, what was fitted to it.

    Args:
        path: PNG file to write.
        x, data: places and the density there, arrays (N,).
        fits: {title: (what was learned, the best that there is)}, densities at x.
    """
    columns = 4
    rows = -(-len(fits) // columns)
    figure = Figure(figsize=(2.7 * columns, 2 * rows), layout="constrained")
    panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for axes, (title, (learned, best)) in zip(panels.flat, fits.items(), strict=True):
        axes.fill_between(x, data, color=DATA_COLOUR, alpha=0.25, linewidth=0, label="data")
        axes.plot(x, learned, color=MODEL_COLOUR, label="learned")
        axes.plot(x, best, "--", color=HELD_OUT_COLOUR, label="best, by quadrature")
        axes.set_title(title, fontsize=9)
        axes.set(ylim=(0, 2 * data.max()), yticks=[])
    handles = panels.flat[0].get_legend_handles_labels()
    figure.legend(*handles, loc="outside lower center", ncols=3, fontsize=9)
    _save(figure, path)


def save_slice(path, levels, log_densities, title):
    """Draws a log density along one value of an image.

    Args:
        path: PNG file to write.
        levels: where, in levels, array (N,).
        log_densities: in nats, array (N,).
        title: above the picture.
    """
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    axes.plot(levels, log_densities, color=MODEL_COLOUR)
    axes.set(xlabel="value of one dark pixel, in levels", ylabel="log density of the image (nats)", title=title)
    axes.grid(alpha=0.3)
    _save(figure, path)


def save_curves(path, losses, curves, steps_per_epoch, label):
    """Draws losses against steps: every step faintly, a running median on top; curves by the epoch with dots.

    Args:
        path: PNG file to write.
        losses: dict of name -> values, one a step; a few may not be finite.
        curves: dict of name -> values, one an epoch; those that are not finite are left out.
        steps_per_epoch: steps in an epoch.
        label: what the y axis shows, with its unit.
    """
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    colours = cycle(COLOURS)
    drawn = []
    for name, values in losses.items():
        colour, steps = next(colours), np.arange(1, len(values) + 1)
        axes.plot(steps, values, color=colour, alpha=0.2, linewidth=0.5)
        middles, smooth = _running_median(values)
        axes.plot(middles, smooth, color=colour, label=name)
        drawn.append(smooth[np.isfinite(smooth)])
    for name, values in curves.items():
        finite = np.isfinite(values)
        ends = steps_per_epoch * np.arange(1, len(values) + 1)
        axes.plot(ends[finite], np.asarray(values)[finite], ".-", color=next(colours), label=name)
        drawn.append(np.asarray(values)[finite])
    low, high = np.percentile(np.concatenate(drawn), [0, 98])  # the first steps are off any scale
    margin = 0.1 * (high - low) + 1e-3
    axes.set(xlabel="step", ylabel=label, ylim=(low - margin, high + margin))
    axes.grid(alpha=0.3)
    axes.legend()
    _save(figure, path)


def save_comparison(path, grids, series, label):
    """Shows what several trainings drew, side by side, and how a quantity of each went, on a scale of powers of ten.

    Args:
        path: PNG file to write.
        grids: dict of name -> path of a grid.
        series: dict of name -> values, one a step; a running median is drawn.
        label: what they are.
    """
    figure = Figure(figsize=(5 * (len(grids) + 1), 5), layout="constrained")
    *left, right = figure.subplots(1, len(grids) + 1)
    for axes, (name, grid) in zip(left, grids.items(), strict=True):
        axes.imshow(Image.open(grid), cmap="gray")
        axes.set(title=name, xticks=[], yticks=[])
    for (name, values), colour in zip(series.items(), cycle(COLOURS)):
        right.plot(*_running_median(values), color=colour, label=name)
    right.set(xlabel="step", title=label, yscale="log")
    right.grid(alpha=0.3)
    right.legend()
    _save(figure, path)


def _running_median(values):
    """Steps, counted from 1, and the median of a hundredth of all values around each; nan counts as infinite."""
    width = max(1, len(values) // 100)
    values = np.nan_to_num(values, nan=np.inf, posinf=np.inf, neginf=-np.inf)
    smooth = np.median(np.lib.stride_tricks.sliding_window_view(values, width), axis=1)
    return np.arange(len(smooth)) + 1 + width // 2, smooth


def _frame(axes, title):
    axes.set(xlim=(-PLANE, PLANE), ylim=(-PLANE, PLANE), aspect="equal", title=title, xlabel="$x_1$", ylabel="$x_2$")


def _save(figure, path):
    with written_beside(path) as file:
        figure.savefig(file, format="png", dpi=100)
