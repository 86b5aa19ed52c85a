"""Messages between the grader and its worker: a length, then named arrays in the form of .npz, read as data only.

A reply comes from a process in which a student's code runs, so that nothing in it is believed before it is looked at:
lengths are bounded, nothing is unpickled, nothing is decompressed.
"""

import functools
import io
import struct
import sys
import zipfile

import numpy as np

LIMIT = 16 * 2**20  # bytes of one message
MEMBERS = 100  # arrays in it
HEADER = 512  # bytes of an array's header; of a handful of dimensions it takes 118
ELEMENTS = 2**20  # numbers in an array; of small ones many would fit, and computing with them takes float64
_LENGTH = struct.Struct(">Q")


class Malformed(Exception):
    """What came is not a message."""


def write(stream, arrays):
    """Sends {name: array} over a binary stream."""
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    data = buffer.getvalue()
    stream.write(_LENGTH.pack(len(data)) + data)
    stream.flush()


def read(stream, limit=LIMIT):
    """Receives {name: array}.

    Returns:
        The arrays, or None where the stream has ended.

    Raises:
        Malformed: not a message, or longer than `limit` bytes.
    """
    header = stream.read(_LENGTH.size)
    if not header:
        return None
    if len(header) < _LENGTH.size:
        raise Malformed("cut off in its length")
    (length,) = _LENGTH.unpack(header)
    if length > limit:
        raise Malformed(f"{length} bytes, more than the {limit} allowed")
    data = stream.read(length)
    if len(data) < length:
        raise Malformed(f"cut off after {len(data)} of {length} bytes")
    return unpack(data)


def unpack(data):
    """Reads the bytes of one message.

    Raises:
        Malformed: not an archive of plain, uncompressed arrays of numbers or text.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            if len(members) > MEMBERS:
                raise Malformed(f"{len(members)} arrays")
            if any(member.compress_type != zipfile.ZIP_STORED for member in members):
                raise Malformed("compressed")
            if sum(member.file_size for member in members) > len(data):
                raise Malformed("claims to hold more than it does")
            return {member.filename.removesuffix(".npy"): _array(archive.read(member)) for member in members}
    except Malformed:
        raise
    except Exception as error:  # zipfile and numpy raise many kinds for bytes that they cannot make sense of
        raise Malformed(str(error)) from error


def _array(data):
    """Like np.load, but what the header claims must be what follows, before any memory is set aside for it."""
    start = 10 + int.from_bytes(data[8:10], "little")  # NEP 1: magic and version, length of the header, header
    if start > HEADER:
        raise Malformed(f"a header of {start} bytes")
    shape, fortran, dtype = _header(data[:start])
    if dtype.kind not in "biufU" or fortran and len(shape) > 1:
        raise Malformed(f"an array of {dtype}")
    if any(size < 0 for size in shape):
        raise Malformed(f"an array of shape {shape}")
    count = 1
    for size in shape:
        count *= size
    if count > ELEMENTS:
        raise Malformed(f"an array of {count} numbers, more than the {ELEMENTS} allowed")
    if count * dtype.itemsize != len(data) - start:
        raise Malformed(f"an array said to be of shape {shape}")
    if not dtype.itemsize:  # empty text takes no room, however much of it is claimed
        if shape:
            raise Malformed(f"empty texts of shape {shape}")
        return np.array("")
    array = np.frombuffer(data, dtype, offset=start).reshape(shape)
    if dtype.kind == "U" and not _is_text(array):
        raise Malformed("text of what are no characters")
    return array


@functools.lru_cache(maxsize=1024)  # the same few come over and over, and each takes a parser of Python
def _header(data):
    stream = io.BytesIO(data)
    if np.lib.format.read_magic(stream) != (1, 0):
        raise Malformed("an unknown version of .npy")
    return np.lib.format.read_array_header_1_0(stream)


def _is_text(array):
    """Whether the codes are those of Unicode; of others no str can be made."""
    codes = np.frombuffer(array.tobytes(), np.dtype("u4").newbyteorder(array.dtype.byteorder))
    return bool((codes <= sys.maxunicode).all())
