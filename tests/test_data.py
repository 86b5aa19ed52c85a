"""Data sets arrive whole or not at all, and the error says what to do."""

import contextlib
import functools
import gzip
import hashlib
import http.server
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from http.client import BadStatusLine
from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision.datasets
from sklearn.datasets import load_digits, make_moons
from sklearn.preprocessing import StandardScaler

import data

SRC = Path(data.__file__).parent
N_TRAIN, N_TEST = 7, 3


def idx_bytes(array):
    header = (0x0800 + array.ndim).to_bytes(4, "big") + b"".join(n.to_bytes(4, "big") for n in array.shape)
    return header + array.astype(np.uint8).tobytes()


def idx_set(seed=0):
    """The contents of the four files of a small set: {name: bytes}."""
    rng = np.random.default_rng(seed)
    arrays = []
    for n in (N_TRAIN, N_TEST):
        arrays += [rng.integers(0, 256, (n, 28, 28)), np.arange(n) % 10]
    return {name: idx_bytes(array) for name, array in zip(data.IDX_FILES, arrays, strict=True)}


def write_set(folder, contents=None, zipped=False):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in (contents or idx_set()).items():
        path = folder / (f"{name}.gz" if zipped else name)
        path.write_bytes(gzip.compress(content) if zipped else content)
    return folder


@pytest.fixture
def empty_machine(tmp_path, monkeypatch):
    """No data anywhere, and a network that is down."""
    monkeypatch.setattr(data, "DATA_FOLDER", tmp_path / "project" / "data")
    monkeypatch.setattr(data, "DEBIAN_FOLDER", tmp_path / "debian")
    for cls in (torchvision.datasets.MNIST, torchvision.datasets.FashionMNIST):
        monkeypatch.setattr(cls, "mirrors", ["http://127.0.0.1:9/"])  # the discard port: nobody listens
    return tmp_path


def test_moons_are_standardised_split_and_their_own():
    states = np.random.get_state()[1].copy(), torch.get_rng_state()
    points = data.load_moons()
    assert np.array_equal(states[0], np.random.get_state()[1]) and torch.equal(states[1], torch.get_rng_state())
    assert [len(part) for part in (points.train, points.valid, points.test)] == [24_000, 3_000, 3_000]
    every = torch.cat([points.train, points.valid, points.test])
    assert every.dtype == torch.float32 and every.shape == (30_000, 2)
    torch.testing.assert_close(every.mean(0), torch.zeros(2), atol=1e-5, rtol=0)
    torch.testing.assert_close(every.std(0), torch.ones(2), atol=1e-3, rtol=0)
    assert torch.equal(every[:9], data.load_moons().train[:9])
    assert not torch.equal(every[:9], data.load_moons(random_state=0).train[:9])


@pytest.mark.parametrize("n_points, noise, state", [(30_000, 0.05, data.MOONS_STATE), (999, 0.3, 7)])
def test_moons_are_those_of_scikit_learn(n_points, noise, state):
    raw, _ = make_moons(n_points, noise=noise, random_state=np.random.RandomState(state))
    theirs = torch.from_numpy(StandardScaler().fit_transform(raw)).float()
    ours = data.load_moons(n_points, noise, state)
    assert torch.equal(torch.cat([ours.train, ours.valid, ours.test]), theirs)


def moons_nll(points, scale, noise=0.05, n_nodes=600):
    """-log p of raw moons, in units of the standardised ones: quadrature along the two arcs."""
    angles = (np.arange(n_nodes) + 0.5) / n_nodes * np.pi
    arc = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    centres = np.concatenate([arc, [1.0, 0.5] - arc])
    square_distances = ((points[:, None] - centres) ** 2).sum(axis=2)
    density = np.exp(-square_distances / (2 * noise**2)).mean(axis=1) / (2 * np.pi * noise**2)
    return -np.log(density * np.prod(scale))


def test_the_test_points_are_neither_easier_nor_harder_than_their_law():
    raw, _ = make_moons(30_000, noise=0.05, random_state=data.MOONS_STATE)
    shift, scale = raw.mean(0), raw.std(0)
    held_out = data.load_moons().test.numpy()
    np.testing.assert_allclose(held_out, (raw[-3000:] - shift) / scale, atol=1e-5)
    fresh, _ = make_moons(20_000, noise=0.05, random_state=99)
    entropy = np.concatenate([moons_nll(part, scale) for part in np.split(fresh, 20)]).mean()
    assert abs(moons_nll(raw[-3000:], scale).mean() - entropy) < 0.005
    assert abs(entropy - 1.13) < 0.01


@pytest.mark.parametrize("zipped", [False, True])
def test_idx_files_are_read_plain_and_gzipped(tmp_path, zipped):
    images = data.load_images("mnist", write_set(tmp_path / "given", zipped=zipped))
    assert images.train_images.shape == (N_TRAIN, 1, 28, 28) and images.train_images.dtype == torch.uint8
    assert images.test_labels.tolist() == [0, 1, 2] and images.test_labels.dtype == torch.int64
    expected = np.frombuffer(idx_set()[data.IDX_FILES[0]][16:], np.uint8)
    assert np.array_equal(images.train_images.numpy().ravel(), expected)
    assert images.source == str(tmp_path / "given")


def test_a_gzipped_file_without_its_ending_is_read(tmp_path):
    folder = write_set(tmp_path)
    name = data.IDX_FILES[0]
    (folder / name).write_bytes(gzip.compress(idx_set()[name]))
    assert len(data.load_images("mnist", folder).train_images) == N_TRAIN


def test_scaling_maps_bytes_to_minus_one_to_one():
    scaled = data.to_unit_range(torch.tensor([0, 255, 51], dtype=torch.uint8))
    torch.testing.assert_close(scaled, torch.tensor([-1.0, 1.0, -0.6]))


def test_digits_need_no_files(empty_machine):
    images = data.load_images("digits")
    assert images.train_images.shape == (1500, 1, 28, 28) and images.test_images.shape == (297, 1, 28, 28)
    assert set(images.train_labels.tolist()) == set(range(10))
    assert images.train_images.max() == 255 and images.train_images.min() == 0
    original = load_digits()
    assert torch.cat([images.train_labels, images.test_labels]).tolist() == original.target.tolist()
    small = torch.nn.functional.interpolate(images.test_images.float(), size=(8, 8), mode="area")
    assert np.corrcoef(small.numpy().ravel(), original.images[1500:].ravel())[0, 1] > 0.95


def test_the_real_fashion_mnist_is_as_published(fashion_mnist):
    assert fashion_mnist.train_images.shape == (60_000, 1, 28, 28)
    assert fashion_mnist.test_images.shape == (10_000, 1, 28, 28)
    assert torch.bincount(fashion_mnist.train_labels).tolist() == [6_000] * 10
    assert fashion_mnist.train_labels[:10].tolist() == [9, 0, 0, 3, 0, 2, 7, 2, 5, 5]
    assert abs(fashion_mnist.train_images.float().mean() / 255 - 0.2860) < 1e-4  # the published mean


def test_places_are_tried_in_order(empty_machine):
    debian = write_set(empty_machine / "debian" / "fashion-mnist", idx_set(1), zipped=True)
    assert data.load_images("fashion-mnist").source == str(debian)
    project = write_set(data.DATA_FOLDER / "FashionMNIST" / "raw", idx_set(2))
    assert data.load_images("fashion-mnist").source == str(project)
    given = write_set(empty_machine / "given" / "fashion-mnist", idx_set(3))
    assert data.load_images("fashion-mnist", empty_machine / "given").source == str(given)
    assert data.load_images("fashion-mnist", given).source == str(given)
    assert data.load_images("fashion-mnist", empty_machine / "elsewhere").source == str(project)


def test_a_data_dir_that_does_not_hold_the_set_is_said(empty_machine, capsys):
    project = write_set(data.DATA_FOLDER / "mnist")
    data.load_images("mnist", empty_machine / "typo")
    assert f"{empty_machine / 'typo'} does not hold mnist: using {project}" in capsys.readouterr().err
    data.load_images("mnist", data.DATA_FOLDER)
    assert capsys.readouterr().err == ""
    with pytest.raises(data.DataError, match="--data_dir must be a folder"):
        data.load_images("mnist", project / IMAGES)


def test_one_set_is_not_taken_for_the_other(empty_machine):
    write_set(data.DATA_FOLDER / "mnist")
    with pytest.raises(data.DataError, match="fashion-mnist is not on this machine"):
        data.load_images("fashion-mnist")


def damage(tmp_path, name, content, zipped=False):
    """The message that a set with this file in it gives."""
    folder = write_set(tmp_path, zipped=zipped)
    path = folder / (f"{name}.gz" if zipped else name)
    path.write_bytes(content)
    with pytest.raises(data.DataError) as caught:
        data.load_images("mnist", folder)
    assert str(path) in str(caught.value)
    return str(caught.value)


IMAGES, LABELS = data.IDX_FILES[:2]


def test_a_truncated_file_is_named_with_the_remedy(tmp_path):
    message = damage(tmp_path, IMAGES, idx_set()[IMAGES][:-1])
    assert "cut off" in message and "delete it" in message


@pytest.mark.parametrize("kept", [1, 12, 200])
def test_a_truncated_gzip_is_named_with_the_remedy(tmp_path, kept):
    message = damage(tmp_path, IMAGES, gzip.compress(idx_set()[IMAGES])[:kept], zipped=True)
    assert "damaged" in message and "delete it" in message


def test_a_gzip_with_flipped_bits_is_named(tmp_path):
    content = bytearray(gzip.compress(idx_set()[IMAGES]))
    content[len(content) // 2] ^= 0xFF
    assert "damaged" in damage(tmp_path, IMAGES, bytes(content), zipped=True)


def test_an_empty_file_is_named(tmp_path):
    assert "ends within its header" in damage(tmp_path, LABELS, b"")


def test_a_wrong_magic_number_is_named(tmp_path):
    message = damage(tmp_path, IMAGES, idx_set()[LABELS] + bytes(100))
    assert "0x00000801, not 0x00000803" in message
    assert "magic" in damage(tmp_path, LABELS, b"<html>404 not found</html>")


def test_bytes_left_over_are_named(tmp_path):
    assert "goes on" in damage(tmp_path, LABELS, idx_set()[LABELS] + b"x")


def test_images_and_labels_that_differ_in_number_are_named(tmp_path):
    message = damage(tmp_path, LABELS, idx_bytes(np.zeros(N_TRAIN + 1)))
    assert f"{N_TRAIN} images" in message and f"{N_TRAIN + 1} labels" in message and "fresh copy" in message


def test_a_label_out_of_range_and_other_shapes_are_named(tmp_path):
    assert "label above 9" in damage(tmp_path, LABELS, idx_bytes(np.full(N_TRAIN, 10)))
    assert "it is empty" in damage(tmp_path, LABELS, idx_bytes(np.zeros(0)))
    assert "cut off" in damage(tmp_path, IMAGES, idx_set()[IMAGES][:4] + b"\xff" * 4 + idx_set()[IMAGES][8:])
    assert "shape [8, 8]" in damage(tmp_path, IMAGES, idx_bytes(np.zeros((N_TRAIN, 8, 8))))


def test_a_damaged_debian_file_says_how_to_reinstall(empty_machine):
    folder = write_set(empty_machine / "debian" / "fashion-mnist")
    (folder / IMAGES).write_bytes(b"")
    with pytest.raises(data.DataError, match="reinstall dataset-fashion-mnist"):
        data.load_images("fashion-mnist")


def test_without_data_and_network_one_message_lists_places_and_ways_out(empty_machine):
    (data.DATA_FOLDER / "fashion-mnist").mkdir(parents=True)
    (data.DATA_FOLDER / "fashion-mnist" / IMAGES).write_bytes(b"")
    with pytest.raises(data.DataError) as caught:
        data.load_images("fashion-mnist", empty_machine / "given")
    message = str(caught.value)
    for place in (empty_machine / "given", data.DATA_FOLDER / "fashion-mnist", data.DEBIAN_FOLDER / "fashion-mnist"):
        assert f"  {place}: " in message
    assert f"lacks {LABELS}" in message
    for way in ("network", "apt-get install", "--data_dir", "--dataset digits"):
        assert way in message
    assert not (empty_machine / "given" / "fashion-mnist").exists()


@pytest.fixture
def mirror(tmp_path):
    """A server on loopback with a small Fashion-MNIST: (its address, {file: MD5}, an event that lets it go on)."""
    served = write_set(tmp_path / "served", zipped=True)
    go_on = threading.Event()
    go_on.set()

    class Handler(http.server.SimpleHTTPRequestHandler):
        def do_GET(self):
            if self.path != f"/{IMAGES}.gz":
                go_on.wait(60)
            with contextlib.suppress(ConnectionError):  # a killed client
                super().do_GET()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(served)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    files = [f"{name}.gz" for name in data.IDX_FILES]
    sums = [(name, hashlib.md5((served / name).read_bytes()).hexdigest()) for name in files]
    yield f"http://127.0.0.1:{server.server_port}/", sums, go_on
    go_on.set()
    server.shutdown()
    server.server_close()


def test_a_download_is_checked_and_kept(empty_machine, mirror, monkeypatch):
    address, sums, _ = mirror
    monkeypatch.setattr(torchvision.datasets.FashionMNIST, "mirrors", [address])
    monkeypatch.setattr(torchvision.datasets.FashionMNIST, "resources", sums)
    images = data.load_images("fashion-mnist")
    assert len(images.train_images) == N_TRAIN
    assert sorted(p.name for p in data.DATA_FOLDER.rglob("*")) == sorted(["fashion-mnist", *data.IDX_FILES])
    monkeypatch.setattr(torchvision.datasets.FashionMNIST, "mirrors", ["http://127.0.0.1:9/"])
    assert torch.equal(data.load_images("fashion-mnist").train_images, images.train_images)


def test_a_download_with_a_wrong_checksum_is_not_kept(empty_machine, mirror, monkeypatch):
    address, sums, _ = mirror
    monkeypatch.setattr(torchvision.datasets.FashionMNIST, "mirrors", [address])
    monkeypatch.setattr(torchvision.datasets.FashionMNIST, "resources", [(name, "0" * 32) for name, _ in sums])
    with pytest.raises(data.DataError, match="cannot be downloaded"):
        data.load_images("fashion-mnist", empty_machine / "given")
    assert list((empty_machine / "given").iterdir()) == []


def test_a_download_of_damaged_files_is_not_kept(empty_machine, mirror, monkeypatch):
    address, _, _ = mirror
    served = empty_machine / "served"
    (served / f"{LABELS}.gz").write_bytes(gzip.compress(idx_bytes(np.zeros(N_TRAIN + 1))))  # one label too many
    sums = [(f"{name}.gz", hashlib.md5((served / f"{name}.gz").read_bytes()).hexdigest()) for name in data.IDX_FILES]
    monkeypatch.setattr(torchvision.datasets.FashionMNIST, "mirrors", [address])
    monkeypatch.setattr(torchvision.datasets.FashionMNIST, "resources", sums)
    with pytest.raises(data.DataError, match="not of one set"):
        data.load_images("fashion-mnist")
    assert list(data.DATA_FOLDER.iterdir()) == []


@pytest.mark.parametrize("error", [BadStatusLine("x"), TimeoutError(), RuntimeError("File not found or corrupted.")])
def test_a_network_that_answers_badly_or_never_is_waited_for_only_so_long(empty_machine, monkeypatch, error):
    waited = []

    def download(*_, **__):
        waited.append(socket.getdefaulttimeout())
        raise error

    monkeypatch.setattr(torchvision.datasets, "MNIST", download)
    with pytest.raises(data.DataError, match="cannot be downloaded"):
        data.load_images("mnist")
    assert waited == [data.DOWNLOAD_TIMEOUT] and socket.getdefaulttimeout() is None


def test_a_download_killed_half_way_leaves_nothing_that_is_taken_for_whole(empty_machine, mirror, monkeypatch):
    address, sums, go_on = mirror
    go_on.clear()  # the first file comes, the second never does
    program = f"""
        import sys; sys.path.insert(0, {str(SRC)!r})
        import data, pathlib, torchvision.datasets
        data.DATA_FOLDER = pathlib.Path({str(data.DATA_FOLDER)!r})
        data.DEBIAN_FOLDER = pathlib.Path({str(data.DEBIAN_FOLDER)!r})
        torchvision.datasets.FashionMNIST.mirrors = [{address!r}]
        torchvision.datasets.FashionMNIST.resources = {sums!r}
        data.load_images("fashion-mnist")
    """
    child = subprocess.Popen([sys.executable, "-c", textwrap.dedent(program)], stderr=subprocess.DEVNULL)
    while not list(data.DATA_FOLDER.rglob(IMAGES)):
        assert child.poll() is None
        time.sleep(0.01)
    child.send_signal(signal.SIGKILL)
    child.wait()
    with pytest.raises(data.DataError, match="not on this machine"):
        data.load_images("fashion-mnist")
    go_on.set()
    monkeypatch.setattr(torchvision.datasets.FashionMNIST, "mirrors", [address])
    monkeypatch.setattr(torchvision.datasets.FashionMNIST, "resources", sums)
    assert len(data.load_images("fashion-mnist").train_images) == N_TRAIN
