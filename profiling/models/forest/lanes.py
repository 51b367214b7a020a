"""256 rows side by side: the few vector instructions that the walker needs, as LLVM's own, for any processor.

numba compiles loops over arrays well, but does not find by itself that 64 comparisons of bytes make one 64-bit mask.
So these few are spelled out: LLVM turns them into mask registers (AVX-512), `pmovmskb` (AVX2) or NEON.
Arguments are pointers into flat arrays and places in them; nothing is checked here.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic, models, register_model

from profiling.models.forest.program import LANES, VECTORS

BYTE, WORD, MASK = ir.IntType(8), ir.IntType(32), ir.IntType(64)
BYTES = ir.VectorType(BYTE, LANES)
BITS = ir.VectorType(ir.IntType(1), LANES)
WORDS = ir.VectorType(WORD, LANES // 4)
LEAVES = ir.ArrayType(BYTES, VECTORS)
MASKS = ir.VectorType(MASK, VECTORS)


class LeavesType(types.Type):
    """A byte per row, kept in registers: the leaf that the row is on its way to."""

    def __init__(self) -> None:
        super().__init__(name="Leaves")


class MasksType(types.Type):
    """A bit per row, kept in registers."""

    def __init__(self) -> None:
        super().__init__(name="Masks")


leaves_type, masks_type = LeavesType(), MasksType()


@register_model(LeavesType)
class _LeavesModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, LEAVES)


@register_model(MasksType)
class _MasksModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, MASKS)


def _pointer(context: Any, builder: Any, kind: Any, array: Any, place: Any, step: int, to: Any) -> Any:
    data = context.make_array(kind)(context, builder, array).data
    at = builder.add(place, ir.Constant(MASK, step))
    return builder.bitcast(builder.gep(data, [at]), to.as_pointer())


def _everywhere(builder: Any, word: Any) -> Any:
    """A byte, given four times in a word, in all lanes: that is one load for the processor."""
    one = builder.insert_element(ir.Constant(WORDS, ir.Undefined), word, ir.Constant(WORD, 0))
    places = ir.Constant(ir.VectorType(WORD, LANES // 4), [0] * (LANES // 4))
    return builder.bitcast(builder.shuffle_vector(one, ir.Constant(WORDS, ir.Undefined), places), BYTES)


@intrinsic
def first_leaf(_typing: Any) -> Any:
    """All rows at leaf 0."""

    def generate(_context: Any, _builder: Any, _signature: Any, _args: Any) -> Any:
        return ir.Constant(LEAVES, [ir.Constant(BYTES, [0] * LANES)] * VECTORS)

    return leaves_type(), generate


@intrinsic
def split_rows(
    _typing: Any,
    leaves: Any,
    codes: Any,
    column: Any,
    below: Any,
    flips: Any,
    flip: Any,
    masks: Any,
    here: Any,
    left: Any,
    right: Any,
    passed: Any,
) -> Any:
    """Send the rows of mask `here` to `left` where their code is under `below`, to `right` otherwise; `flip` turns it.

    Rows that go right have `passed` more leaves on their left; the new leaves are returned.
    """
    u32, u64 = types.uint32, types.uint64
    signature = leaves_type(leaves_type, codes, u64, u32, flips, u64, masks, u64, u64, u64, u32)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        leaves, codes, column, below, flips, flip, masks, here, left, right, passed = args
        kinds = signature.args
        limit, step = _everywhere(builder, below), _everywhere(builder, passed)
        for i in range(VECTORS):
            at = _pointer(context, builder, kinds[1], codes, column, LANES * i, BYTES)
            under = builder.icmp_unsigned("<", builder.load(at, align=1), limit)
            turned = builder.load(_pointer(context, builder, kinds[4], flips, flip, i, MASK))
            goes = builder.xor(builder.bitcast(under, MASK), turned)
            rows = builder.load(_pointer(context, builder, kinds[6], masks, here, i, MASK))
            to_right = builder.and_(rows, builder.not_(goes))
            builder.store(builder.and_(rows, goes), _pointer(context, builder, kinds[6], masks, left, i, MASK))
            builder.store(to_right, _pointer(context, builder, kinds[6], masks, right, i, MASK))
            old = builder.extract_value(leaves, i)
            new = builder.select(builder.bitcast(to_right, BITS), builder.add(old, step), old)
            leaves = builder.insert_value(leaves, new, i)
        return leaves

    return signature, generate


@intrinsic
def mark_equal(_typing: Any, codes: Any, column: Any, code: Any, marks: Any, place: Any) -> Any:
    """Which rows have this code (given four times in a word): four masks, written at `place`."""
    signature = types.void(codes, types.uint64, types.uint32, marks, types.uint64)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        codes, column, code, marks, place = args
        wanted = _everywhere(builder, code)
        for i in range(VECTORS):
            at = _pointer(context, builder, signature.args[0], codes, column, LANES * i, BYTES)
            same = builder.icmp_unsigned("==", builder.load(at, align=1), wanted)
            to = _pointer(context, builder, signature.args[3], marks, place, i, MASK)
            builder.store(builder.bitcast(same, MASK), to)
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def no_rows(_typing: Any) -> Any:
    """The mask of nobody."""

    def generate(_context: Any, _builder: Any, _signature: Any, _args: Any) -> Any:
        return ir.Constant(MASKS, [0] * VECTORS)

    return masks_type(), generate


@intrinsic
def turn_rows(_typing: Any, rows: Any, masks: Any, place: Any) -> Any:
    """Exclusive or of these rows and the mask at `place`."""
    signature = masks_type(masks_type, masks, types.uint64)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        at = _pointer(context, builder, signature.args[1], args[1], args[2], 0, MASKS)
        return builder.xor(args[0], builder.load(at, align=8))

    return signature, generate


@intrinsic
def put_rows(_typing: Any, rows: Any, masks: Any, place: Any) -> Any:
    """Write a mask at `place`."""
    signature = types.void(masks_type, masks, types.uint64)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        at = _pointer(context, builder, signature.args[1], args[1], args[2], 0, MASKS)
        builder.store(args[0], at, align=8)
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def put_leaves(_typing: Any, leaves: Any, out: Any, place: Any) -> Any:
    """Write the leaf of each row, 256 bytes from `place` on."""
    signature = types.void(leaves_type, out, types.uint64)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        for i in range(VECTORS):
            to = _pointer(context, builder, signature.args[1], args[1], args[2], LANES * i, BYTES)
            builder.store(builder.extract_value(args[0], i), to, align=1)
        return context.get_dummy_value()

    return signature, generate
