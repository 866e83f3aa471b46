"""The CRC of two texts one after the other, from the CRCs of each and the length of the second.

A CRC is a remainder modulo a polynomial over GF(2): the first one is moved past the second text, by multiplying with
x to the power of its bits, and then both are added.
Source: https://reveng.sourceforge.io/crc-catalogue/ (polynomials); the algebra is that of zlib's crc32_combine
"""

from __future__ import annotations

from functools import lru_cache

POLYNOMIALS = {"CRC32": (32, 0xEDB88320), "CRC32C": (32, 0x82F63B78), "CRC64NVME": (64, 0x9A6C9329AC4BC9B5)}
"""Width in bits and reflected polynomial, by algorithm."""


def combine(algorithm: str, first: int, second: int, second_length: int) -> int:
    """The CRC of both texts. `second_length` is in bytes."""
    return _times(algorithm, _power(algorithm, second_length * 8), first) ^ second


@lru_cache(maxsize=256)
def _power(algorithm: str, exponent: int) -> int:
    """X to the power of `exponent`, modulo the polynomial. The highest bit is the coefficient of 1."""
    width, _ = POLYNOMIALS[algorithm]
    product, square = 1 << (width - 1), 1 << (width - 2)
    while exponent:
        if exponent & 1:
            product = _times(algorithm, product, square)
        square = _times(algorithm, square, square)
        exponent >>= 1
    return product


def _times(algorithm: str, left: int, right: int) -> int:
    width, polynomial = POLYNOMIALS[algorithm]
    product = 0
    for place in range(width - 1, -1, -1):
        if left >> place & 1:
            product ^= right
        right = (right >> 1) ^ polynomial if right & 1 else right >> 1
    return product
