"""Data sets as tensors in memory: Moons for the flow; Fashion-MNIST, MNIST and digits for the images.

Image sets are read from IDX files (plain or gzipped), the format that both MNIST and Fashion-MNIST come in.
"""

import gzip
import math
import os
import socket
import sys
import tempfile
import zlib
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path

import numpy as np
import torch

DATA_FOLDER = Path(__file__).resolve().parent.parent / "data"
DEBIAN_FOLDER = Path("/usr/share/datasets")
# The first state whose test points are neither easier nor harder than the law they are drawn from: their mean
# negative log density under the true law is 1.131 nats, its entropy 1.131 (state 0 would flatter by 0.014).
MOONS_STATE = 1
MOONS_NOISE = 0.05
IMAGE_SIDE = 28
NUM_CLASSES = 10
DOWNLOAD_TIMEOUT = 30  # seconds without an answer from the network

# Name on the command line -> torchvision's name, which is also its folder's.
IDX_SETS = {"fashion-mnist": "FashionMNIST", "mnist": "MNIST"}
IMAGE_SETS = (*IDX_SETS, "digits")
IDX_FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


class DataError(Exception):
    """Data that is missing or damaged; the message says which file and what to do."""


@dataclass(frozen=True)
class Points:
    """Points of the plane, float32, each part of shape (N, 2), standardised."""

    train: torch.Tensor
    valid: torch.Tensor
    test: torch.Tensor


@dataclass(frozen=True)
class Images:
    """Grey images, uint8 of shape (N, 1, 28, 28), and their labels, int64 of shape (N,)."""

    train_images: torch.Tensor
    train_labels: torch.Tensor
    test_images: torch.Tensor
    test_labels: torch.Tensor
    source: str


def load_moons(n_points=30_000, noise=MOONS_NOISE, random_state=MOONS_STATE):
    """Two interleaved half circles with Gaussian noise, mean 0 and variance 1, split 80/10/10.

    They are scikit-learn's `make_moons`, standardised, to the bit; its import would take longer than the rest of the
    start. Draws from a random state of its own, so that nobody else's random numbers change, and every run sees the
    same points.

    Args:
        n_points: how many in all.
        noise: standard deviation of the noise before standardising.
        random_state: non-negative int; the same state gives the same points.
    """
    random = np.random.RandomState(random_state)
    upper, lower = (np.linspace(0, np.pi, n) for n in (n_points // 2, n_points - n_points // 2))
    x = np.concatenate([np.cos(upper), 1 - np.cos(lower)])
    y = np.concatenate([np.sin(upper), 1 - np.sin(lower) - 0.5])
    order = np.arange(n_points)
    random.shuffle(order)
    points = np.stack([x, y], axis=1)[order] + random.normal(scale=noise, size=(n_points, 2))
    return _split((points - points.mean(axis=0)) / points.std(axis=0))


def load_mixture(n_points=30_000, random_state=0):
    """Eight Gaussians on a circle, mean 0 and variance 1 (nearly), split 80/10/10; drawn as the Moons are."""
    random = np.random.RandomState(random_state)
    angle = random.randint(8, size=n_points) * (math.pi / 4)
    centres = math.sqrt(2) * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return _split(centres + 0.1 * random.normal(size=(n_points, 2)))


def _split(points):
    n_held_out = len(points) // 10
    return Points(*torch.from_numpy(points).float().split([len(points) - 2 * n_held_out, n_held_out, n_held_out]))


def load_images(name, data_dir=None):
    """Reads a set of images into memory.

    IDX sets are looked for in `data_dir`, in the project's `data/` folder, where Debian's packages put data
    sets, and are downloaded otherwise (into `data_dir` if given, else into `data/`).

    Args:
        name: one of IMAGE_SETS.
        data_dir: folder that holds the four IDX files, or a sub-folder with them; may be None.

    Raises:
        DataError: no such data here and no way to fetch it, or a damaged file.
    """
    if name == "digits":
        return _digits()
    if data_dir is not None and Path(data_dir).is_file():
        raise DataError(f"--data_dir must be a folder, and {data_dir} is a file.")
    folder = find_folder(name, data_dir)
    if folder is None:
        try:
            folder = _download(name, Path(data_dir or DATA_FOLDER) / name)
        except (OSError, RuntimeError, HTTPException) as error:
            raise DataError(_not_found(name, data_dir, error)) from error
    elif data_dir is not None and not folder.is_relative_to(data_dir):
        print(f"{data_dir} does not hold {name}: using {folder}.", file=sys.stderr)
    return _read_folder(folder)


def find_folder(name, data_dir=None):
    """The first folder that holds all four files of an IDX set; None if there is none."""
    return next((folder for folder in _folders(name, data_dir) if not _missing(folder)), None)


def to_unit_range(images):
    """Scales uint8 images to float32 in [-1, 1]."""
    return images.float() / 127.5 - 1


def read_idx(path, n_dims):
    """Reads one IDX file of unsigned bytes, plain or gzipped.

    Args:
        path: the file.
        n_dims: number of dimensions that the file must have: 3 for images, 1 for labels.

    Returns:
        uint8 tensor of that many dimensions.

    Raises:
        DataError: not such a file, truncated, or with bytes left over.
    """
    path = Path(path)
    try:
        with open(path, "rb") as file:
            gzipped = file.read(2) == b"\x1f\x8b"
        with gzip.open(path) if gzipped else open(path, "rb") as file:
            header = file.read(4 + 4 * n_dims)
            _check(len(header) == 4 + 4 * n_dims, path, "it ends within its header")
            magic = int.from_bytes(header[:4], "big")
            wanted = 0x0800 + n_dims  # 08: unsigned byte, then the number of dimensions
            _check(magic == wanted, path, f"its magic number is {magic:#010x}, not {wanted:#010x}")
            shape = [int.from_bytes(header[i : i + 4], "big") for i in range(4, len(header), 4)]
            sides = [IMAGE_SIDE] * (n_dims - 1)
            _check(shape[1:] == sides, path, f"its images are of shape {shape[1:]}, not {sides}")
            _check(shape[0] > 0, path, "it is empty")
            content = file.read()
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise _damaged(path, f"its compressed stream is broken ({error})") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from error
    size = math.prod(shape)
    _check(len(content) >= size, path, f"it is cut off: {len(content)} of {size} bytes are there")
    _check(len(content) == size, path, f"it goes on after the {size} bytes that its header announces")
    return torch.frombuffer(bytearray(content), dtype=torch.uint8).reshape(shape)


def _digits():
    """scikit-learn's 1797 digits of 8x8 pixels, brought to 28x28; the last 297 are the test set."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = torch.from_numpy(digits.images).float()[:, None] * (255 / 16)
    images = torch.nn.functional.interpolate(images, size=(IMAGE_SIDE, IMAGE_SIDE), mode="bilinear")
    images, labels = images.round().to(torch.uint8), torch.from_numpy(digits.target).long()
    return Images(images[:1500], labels[:1500], images[1500:], labels[1500:], "scikit-learn")


def _folders(name, data_dir):
    """The folders in which a set may lie, in the order in which they are tried."""
    folders = [Path(data_dir)] if data_dir else []
    for root in [*folders, DATA_FOLDER]:
        folders += [root / name, root / IDX_SETS[name] / "raw"]
    return list(dict.fromkeys([*folders, DEBIAN_FOLDER / name]))


def _missing(folder):
    """The names of the IDX files that a folder lacks."""
    return [file for file in IDX_FILES if _find(folder, file) is None]


def _find(folder, file):
    """The path of an IDX file in a folder, plain or gzipped; None if it is not there."""
    for path in (folder / file, folder / f"{file}.gz"):
        if path.is_file():
            return path
    return None


def _read_folder(folder):
    train_images, train_labels = _read_pair(_find(folder, IDX_FILES[0]), _find(folder, IDX_FILES[1]))
    test_images, test_labels = _read_pair(_find(folder, IDX_FILES[2]), _find(folder, IDX_FILES[3]))
    return Images(train_images, train_labels, test_images, test_labels, str(folder))


def _read_pair(images_path, labels_path):
    images, labels = read_idx(images_path, 3), read_idx(labels_path, 1)
    if len(images) != len(labels):
        raise DataError(
            f"{images_path} holds {len(images)} images, but {labels_path} {len(labels)} labels: "
            "they are not of one set. Replace both with a fresh copy."
        )
    _check(int(labels.max()) < NUM_CLASSES, labels_path, f"it holds a label above {NUM_CLASSES - 1}")
    return images[:, None], labels.long()


def _check(holds, path, complaint):
    if not holds:
        raise _damaged(path, complaint)


def _damaged(path, complaint):
    if DEBIAN_FOLDER in path.parents:
        remedy = f"reinstall it: apt-get install --reinstall dataset-{path.parent.name}"
    else:
        remedy = "delete it, and the next run will look elsewhere or download a fresh copy"
    return DataError(f"{path} is damaged: {complaint}. To mend it, {remedy}.")


def _download(name, folder):
    """Lets torchvision fetch and check the four files; only whole ones ever come to lie in `folder`."""
    import torchvision.datasets  # takes seconds to import, so only here

    folder.parent.mkdir(parents=True, exist_ok=True)
    timeout = socket.getdefaulttimeout()
    socket.setdefaulttimeout(DOWNLOAD_TIMEOUT)
    try:
        with tempfile.TemporaryDirectory(prefix=f".downloading-{name}-", dir=folder.parent) as scratch:
            getattr(torchvision.datasets, IDX_SETS[name])(scratch, download=True)
            raw = Path(scratch) / IDX_SETS[name] / "raw"
            _read_folder(raw)
            folder.mkdir(exist_ok=True)
            for file in IDX_FILES:
                os.replace(raw / file, folder / file)
    finally:
        socket.setdefaulttimeout(timeout)
    return folder


def _not_found(name, data_dir, error):
    searched = []
    for folder in _folders(name, data_dir):
        missing = _missing(folder)
        reason = f"lacks {', '.join(missing)}" if len(missing) < len(IDX_FILES) else "not there"
        searched.append(f"  {folder}: {reason}")
    ways = [
        "run again with a network, to download it",
        f"put the four files ({IDX_FILES[0]}, ..., plain or .gz) into {DATA_FOLDER / name}",
        "name the folder that holds them with --data_dir",
        "use --dataset digits, which needs no files",
    ]
    if name == "fashion-mnist":
        ways.insert(1, "on Debian or Ubuntu: sudo apt-get install dataset-fashion-mnist")
    return "\n".join(
        [
            f"{name} is not on this machine and cannot be downloaded ({error}).",
            "Looked in:",
            *searched,
            "Ways out:",
            *(f"  - {way}" for way in ways),
        ]
    )
