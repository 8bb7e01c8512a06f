from __future__ import annotations

import io

import numpy as np
import pytest

from core.errors import InklingError
from core.networks.weights import pack_weights, unpack_weights


def _weights():
    rng = np.random.default_rng(1)
    return [rng.normal(size=shape).astype(np.float32) for shape in [(4, 3), (3,), (3, 2), (2,)]]


def test_weights_come_back_bit_for_bit_and_in_order():
    for ours, theirs in zip(unpack_weights(pack_weights(_weights())), _weights(), strict=True):
        assert ours.dtype == np.float32
        np.testing.assert_array_equal(ours, theirs)


def test_order_survives_more_arrays_than_one_digit_counts():
    weights = [np.full(1, number, np.float32) for number in range(22)]
    assert [array[0] for array in unpack_weights(pack_weights(weights))] == list(range(22))


def test_the_same_weights_are_the_same_bytes():
    assert pack_weights(_weights()) == pack_weights(_weights())


@pytest.mark.parametrize("length", [0, 1, 50, 200, -1])
def test_bytes_cut_short_are_refused(length):
    with pytest.raises(InklingError, match="can't be read"):
        unpack_weights(pack_weights(_weights())[:length])


def test_a_flipped_byte_is_noticed():
    data = bytearray(pack_weights(_weights()))
    data[data.index(b"\x93NUMPY") + 140] ^= 0xFF
    with pytest.raises(InklingError, match="can't be read"):
        unpack_weights(bytes(data))


@pytest.mark.parametrize("data", [b"not an archive", b"\x93NUMPY\x01\x00"])
def test_other_bytes_are_refused(data):
    with pytest.raises(InklingError, match="can't be read"):
        unpack_weights(data)


def test_a_bare_array_is_refused():
    buffer = io.BytesIO()
    np.save(buffer, np.zeros(3, np.float32))
    with pytest.raises(InklingError, match="can't be read"):
        unpack_weights(buffer.getvalue())


def test_pickled_objects_are_never_loaded():
    buffer = io.BytesIO()
    np.savez(buffer, w0000=np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(InklingError, match="can't be read"):
        unpack_weights(buffer.getvalue())


def test_arrays_of_another_type_are_refused():
    buffer = io.BytesIO()
    np.savez(buffer, w0000=np.zeros(3, np.int64))
    with pytest.raises(InklingError, match="32-bit"):
        unpack_weights(buffer.getvalue())


def test_compact_weights_take_half_the_bytes_and_keep_three_digits():
    weights = [np.random.default_rng(1).normal(size=(300, 70)).astype(np.float32)]
    exact, compact = pack_weights(weights), pack_weights(weights, is_compact=True)
    assert len(compact) < 0.51 * len(exact)
    (unpacked,) = unpack_weights(compact)
    assert unpacked.dtype == np.float32
    np.testing.assert_allclose(unpacked, weights[0], rtol=1e-3, atol=1e-7)


def test_numbers_too_large_for_16_bits_keep_their_32():
    weights = [np.array([1.0, 70_000.0], np.float32), np.array([1 / 3], np.float32), np.empty(0, np.float32)]
    large, small, empty = unpack_weights(pack_weights(weights, is_compact=True))
    assert large.tolist() == [1.0, 70_000.0]
    assert small[0] == np.float16(1 / 3)
    assert empty.shape == (0,)
