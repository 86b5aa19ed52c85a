"""Messages: what goes in comes out, and nothing else does."""

import contextlib
import io
import json
import pickle
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading import wire


def framed(texts, numbers=b""):
    return struct.pack(">QQ", len(texts), len(numbers)) + texts + numbers


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
    assert isinstance(back["a"], str) or back["a"].dtype == np.asarray(value).dtype
    np.testing.assert_array_equal(back["a"], value)
    assert wire.read(stream) is None


def test_messages_put_together_come_apart():
    messages = [{"a": 1, "b c": "text"}, {}, {"a": 2}]
    message = wire.together(messages)
    assert wire.apart(message, 3) == messages
    assert wire.apart({**message, "7 a": 1, "-1 a": 1, "a": 1, "99999999999 a": 1, "x a": 1}, 3) == messages
    assert wire.apart(message, 1) == messages[:1]


@given(st.binary(max_size=400), st.binary(max_size=40))
def test_any_bytes_are_a_message_or_malformed(texts, numbers):
    with contextlib.suppress(wire.Malformed):
        wire.read(io.BytesIO(framed(texts, numbers)))


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-1, 3)
    | st.floats()
    | st.text(max_size=3)
    | st.sampled_from(list(wire.DTYPES)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)


@given(JSON, st.binary(max_size=40))
def test_any_list_is_a_message_or_malformed(listed, numbers):
    with contextlib.suppress(wire.Malformed):
        wire.read(io.BytesIO(framed(json.dumps(listed).encode(), numbers)))


@given(st.data())
def test_a_damaged_message_is_a_message_or_malformed(data):
    stream = io.BytesIO()
    wire.write(stream, {"value": np.arange(5.0), "text": "abc"})
    good = bytearray(stream.getvalue())
    for _ in range(data.draw(st.integers(1, 4))):
        good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    try:
        for value in wire.read(io.BytesIO(good)).values():
            assert len(value) <= len(good) if isinstance(value, str) else value.nbytes <= len(good)
    except wire.Malformed:
        pass


def test_objects_are_not_sent():
    with pytest.raises(ValueError, match="a holds objects"):
        wire.write(io.BytesIO(), {"a": np.array([object()])})


BAD = {
    "cut off": framed(b'{"a": "b"}')[:20],
    "cut off in its numbers": framed(b'{"a": ["<f8", [2]]}', b"0" * 16)[:-1],
    "no length": b"\x00\x00",
    "one length": bytes(8),
    "too long": struct.pack(">QQ", 2, wire.LIMIT),
    "too long a list": framed(b" " * wire.LIST + b"{}"),
    "no JSON": framed(b"PK\x03\x04"),
    "no UTF-8": framed(b'{"a": "\xff"}'),
    "brackets within brackets": framed(b"[" * 100_000),
    "a number of many digits": framed(b'{"a": ["<f8", [' + b"9" * 10_000 + b"]]}"),
    "no list": framed(b"[]"),
    "a number": framed(b'{"a": 1}'),
    "nothing": framed(b'{"a": null}'),
    "no shape": framed(b'{"a": ["<f8"]}', bytes(8)),
    "a shape that is none": framed(b'{"a": ["<f8", 1]}', bytes(8)),
    "a shape of floats": framed(b'{"a": ["<f8", [1.0]]}', bytes(8)),
    "a shape of truths": framed(b'{"a": ["<f8", [true]]}', bytes(8)),
    "a shape of nothing, too large all the same": framed(b'{"a": ["<f8", [1048576, 0, 1048576]]}'),
    "a shape of many dimensions": framed(b'{"a": ["<f8", [' + b"1," * 99 + b"1]]}", bytes(8)),
    "a negative claim": framed(b'{"a": ["<f8", [-1]]}', bytes(8)),
    "negative claims": framed(b'{"a": ["<f8", [-1, -1]]}', bytes(8)),
    "a claim": framed(b'{"a": ["<f8", [2]]}', bytes(8)),
    "a large claim": framed(b'{"a": ["<f8", [1048576]]}', bytes(8)),
    "a claim beyond measure": framed(b'{"a": ["<f8", [1000000000000]]}', bytes(8)),
    "a claim of nothing": framed(b'{"a": ["<f8", [0, 1000000000000]]}'),
    "too many numbers": framed(b'{"a": ["|u1", [1025, 1024]]}', bytes(1025 * 1024)),
    "too many arrays": framed(json.dumps(dict.fromkeys(map(str, range(wire.MEMBERS + 1)), "")).encode()),
    "more than is listed": framed(b'{"a": ["<f8", [1]]}', bytes(16)),
    "an array of one name twice": framed(b'{"a": ["<f8", [1]], "a": ["<f8", [1]]}', bytes(16)),
    "objects": framed(b'{"a": ["|O", [1]]}', pickle.dumps(1)),
    "a record": framed(b'{"a": [[["a", "<f8"]], [1]]}', bytes(8)),
    "dates": framed(b'{"a": ["<M8[s]", [1]]}', bytes(8)),
    "complex numbers": framed(b'{"a": ["<c8", [1]]}', bytes(8)),
    "an archive": framed(archive := b"PK\x05\x06" + bytes(18), archive),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_not_plain_arrays_is_malformed(name):
    with pytest.raises(wire.Malformed):
        wire.read(io.BytesIO(BAD[name]))
