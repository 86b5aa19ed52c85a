"""Messages: what goes in comes out, and nothing else does."""

import contextlib
import io
import pickle
import struct
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading import wire


def framed(data):
    return io.BytesIO(struct.pack(">Q", len(data)) + data)


@pytest.mark.parametrize(
    "value",
    [
        1.5,
        3,
        True,
        "text with ü and \n",
        "",
        np.zeros((0, 3)),
        np.arange(6, dtype=np.int64).reshape(2, 3),
        np.float32([1, np.nan]),
    ],
)
def test_arrays_and_texts_come_back(value):
    stream = io.BytesIO()
    wire.write(stream, {"a": value, "b c": 1})
    stream.seek(0)
    back = wire.read(stream)
    assert list(back) == ["a", "b c"]
    assert back["a"].dtype == np.asarray(value).dtype
    np.testing.assert_array_equal(back["a"], value)
    assert wire.read(stream) is None


@given(st.binary(max_size=400))
def test_any_bytes_are_a_message_or_malformed(data):
    with contextlib.suppress(wire.Malformed):
        wire.unpack(data)


@given(st.data())
def test_a_damaged_message_is_a_message_or_malformed(data):
    stream = io.BytesIO()
    wire.write(stream, {"value": np.arange(5.0), "text": "abc"})
    good = bytearray(stream.getvalue()[8:])
    for _ in range(data.draw(st.integers(1, 4))):
        good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    try:
        for array in wire.unpack(bytes(good)).values():
            assert array.nbytes <= len(good)
    except wire.Malformed:
        pass


def archive(name, data, method=zipfile.ZIP_STORED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as out:
        out.writestr(name, data)
    return buffer.getvalue()


def npy(header, data=b"", version=b"\x01\x00"):
    text = header.encode().ljust(118 - 1) + b"\n"
    return b"\x93NUMPY" + version + struct.pack("<H", len(text)) + text + data


BAD = {
    "cut off": framed(b"x" * 100).getvalue()[:50],
    "no length": b"\x00\x00",
    "too long": struct.pack(">Q", wire.LIMIT + 1),
    "compressed": framed(
        archive("a.npy", npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1,)}", b"0" * 8), 8)
    ).getvalue(),
    "a bomb": framed(archive("a.npy", b"\0" * 10**7, zipfile.ZIP_DEFLATED)).getvalue(),
    "objects": framed(
        archive("a.npy", npy("{'descr': '|O', 'fortran_order': False, 'shape': ()}", pickle.dumps(1)))
    ).getvalue(),
    "a claim": framed(archive("a.npy", npy("{'descr': '<f8', 'fortran_order': False, 'shape': (10**12,)}"))).getvalue(),
    "a large claim": framed(
        archive("a.npy", npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,)}"))
    ).getvalue(),
    "a negative claim": framed(
        archive("a.npy", npy("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}"))
    ).getvalue(),
    "a record": framed(
        archive("a.npy", npy("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,)}", b"0" * 8))
    ).getvalue(),
    "empty texts": framed(
        archive("a.npy", npy("{'descr': '<U0', 'fortran_order': False, 'shape': (1000000000000,)}"))
    ).getvalue(),
    "no array": framed(archive("a.npy", b"hello")).getvalue(),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_not_plain_arrays_is_malformed(name):
    with pytest.raises(wire.Malformed):
        wire.read(io.BytesIO(BAD[name]))
