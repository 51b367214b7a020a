"""From arrays to Arrow columns: text of fixed width, coded text, missing values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

DIGITS = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)


def fixed_text(letters: NDArray[np.uint8]) -> pa.StringArray:
    """Text of one width from bytes of shape (n, width), without a Python string per row."""
    n, width = letters.shape
    offsets = np.arange(0, (n + 1) * width, width, dtype=np.int32)
    return pa.StringArray.from_buffers(n, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(letters)))


def numbered(prefix: str, numbers: NDArray[np.integer], width: int) -> pa.StringArray:
    """ "H00000001" for 1."""
    letters = np.empty((len(numbers), 1 + width), dtype=np.uint8)
    letters[:, 0] = ord(prefix)
    rest = numbers.astype(np.int64)
    for at in range(width, 0, -1):
        rest, digit = np.divmod(rest, 10)
        letters[:, at] = DIGITS[digit]
    return fixed_text(letters)


def hexadecimal(keys: NDArray[np.uint64]) -> pa.StringArray:
    """16 hexadecimal digits."""
    octets = keys.astype(">u8").view(np.uint8).reshape(-1, 8)
    letters = np.empty((len(keys), 16), dtype=np.uint8)
    letters[:, 0::2], letters[:, 1::2] = DIGITS[octets >> 4], DIGITS[octets & 15]
    return fixed_text(letters)


def coded(codes: NDArray[np.integer], words: Sequence[str], missing: NDArray[np.bool_] | None = None) -> pa.Array:
    """Plain text from positions in `words`; a negative position is missing."""
    gone = codes < 0 if missing is None else (codes < 0) | missing
    return pa.array(list(words), pa.string()).take(pa.array(codes.astype(np.int32), mask=gone))


def numbers(values: NDArray[Any], kind: pa.DataType, missing: NDArray[np.bool_] | None = None) -> pa.Array:
    """Numbers of one type with missing values."""
    return pa.array(values.astype(kind.to_pandas_dtype()), kind, mask=missing)


def scattered(rows: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """A one-to-one shuffle of 0..n-1 by arithmetic, so that it needs no table of n numbers."""
    step = round(n * 0.6180339887)
    while math.gcd(step, n) != 1:
        step += 1
    # n and step stay below 2^32, so the product fits.
    return (rows * step + n // 3) % n
