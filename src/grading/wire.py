"""Messages between the grader and its worker: named arrays and texts, read as data only.

A message is two lengths, of 8 bytes each, then a list and the numbers that these are the lengths of. The list is JSON,
{name: text} or {name: [dtype, shape]}; the numbers are those of its arrays, one after the other.

A reply comes from a process in which a student's code runs, so that nothing in it is believed before it is looked at:
lengths are bounded, nothing is unpickled, nothing is decompressed.
"""

import json
import math
import struct

import numpy as np

LIMIT = 16 * 2**20  # bytes of one message
LIST = 2**18  # bytes of its list
MEMBERS = 500  # arrays and texts in it
ELEMENTS = 2**20  # numbers in an array; of small ones many would fit, and computing with them takes float64
DTYPES = {
    name: np.dtype(name)
    for name in ("|b1", "|i1", "|u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8", "<f2", "<f4", "<f8")
}
DIMENSIONS = 8
_LENGTHS = struct.Struct(">QQ")


class Malformed(Exception):
    """What came is not a message."""


def write(stream, arrays):
    """Sends {name: array or text} over a binary stream.

    Raises:
        ValueError: objects, which cannot be sent.
    """
    stream.write(packed(arrays))
    stream.flush()


def packed(arrays):
    """The bytes of a message.

    Raises:
        ValueError: objects, which cannot be sent.
    """
    listed, parts = {}, []
    for name, value in arrays.items():
        array = np.asarray(value)
        if array.dtype.kind == "U":
            listed[name] = str(value)
            continue
        if array.dtype.hasobject:
            raise ValueError(f"{name} holds objects.")
        listed[name] = [array.dtype.str, array.shape]
        parts.append(array.tobytes())
    texts, numbers = json.dumps(listed).encode(), b"".join(parts)
    return _LENGTHS.pack(len(texts), len(numbers)) + texts + numbers


def read(stream):
    """Receives {name: array or text}.

    Returns:
        These, or None where the stream has ended.

    Raises:
        Malformed: not a message, or too long a one.
    """
    data = bytearray(stream.read(_LENGTHS.size))
    if len(data) == _LENGTHS.size:
        data += stream.read(sum(_lengths(data)))
    message = taken(data)
    if message is None and data:
        raise Malformed(f"cut off after {len(data)} bytes")
    return message


def taken(data):
    """The message that bytes begin with; it is taken out of them.

    Args:
        data: a bytearray.

    Returns:
        {name: array or text}, or None where it is not whole yet.

    Raises:
        Malformed: not a message, or too long a one.
    """
    if len(data) < _LENGTHS.size:
        return None
    listed, length = _lengths(data)
    end = _LENGTHS.size + listed + length
    if len(data) < end:
        return None
    message = bytes(data[_LENGTHS.size : end])
    del data[:end]
    return _unpack(message[:listed], message[listed:])


def together(messages):
    """Several messages as one: names begin with a number and a space."""
    return {f"{number} {name}": value for number, one in enumerate(messages) for name, value in one.items()}


def apart(message, count):
    """The messages of `together`, so many; what belongs to none is left out."""
    messages = [{} for _ in range(count)]
    for name, value in message.items():
        number, _, rest = name.partition(" ")
        if number.isdecimal() and len(number) < 9 and int(number) < count:
            messages[int(number)][rest] = value
    return messages


def _lengths(data):
    listed, length = _LENGTHS.unpack_from(data)
    if listed > LIST or listed + length > LIMIT:
        raise Malformed(f"{listed} and {length} bytes, more than the {LIST} and {LIMIT} allowed")
    return listed, length


def _unpack(texts, numbers):
    try:
        listed = json.loads(texts)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"no JSON: {error}") from error
    if not isinstance(listed, dict) or len(listed) > MEMBERS:
        raise Malformed("no list, or too long a one")
    arrays, start = {}, 0
    for name, value in listed.items():
        if isinstance(value, str):
            arrays[name] = value
            continue
        dtype, shape, count = _described(value)
        stop = start + dtype.itemsize * count
        if stop > len(numbers):
            raise Malformed(f"an array said to be of shape {shape}")
        arrays[name] = np.frombuffer(numbers[start:stop], dtype).reshape(shape)
        start = stop
    if start != len(numbers):
        raise Malformed(f"{len(numbers) - start} bytes that belong to no array")
    return arrays


def _described(value):
    """The dtype, the shape and the number of elements that an entry of the list gives."""
    if not isinstance(value, list) or len(value) != 2:
        raise Malformed("an entry that describes no array")
    name, shape = value
    if not isinstance(name, str) or name not in DTYPES:
        raise Malformed(f"an array of {ascii(name)[:40]}")
    if not isinstance(shape, list) or len(shape) > DIMENSIONS:
        raise Malformed("an array of no shape")
    if not all(type(size) is int and 0 <= size <= ELEMENTS for size in shape):
        raise Malformed("an array of a shape that none has")
    if math.prod(size or 1 for size in shape) > ELEMENTS:  # without any, NumPy still wants the others' product small
        raise Malformed(f"an array of more than the {ELEMENTS} numbers allowed")
    return DTYPES[name], shape, math.prod(shape)
