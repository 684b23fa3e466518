"""Sequence sets (RFC 9051, section 9), built and read by nobody else."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence


def sequence_sets(numbers: Iterable[int], *, limit: int = 4000) -> Iterator[str]:
    """``1:3,7`` for the numbers, in as many sets as keep each under ``limit`` characters."""
    pending = ""
    for first, last in _ranges(sorted(set(numbers))):
        text = str(first) if first == last else f"{first}:{last}"
        if pending and len(pending) + len(text) >= limit:
            yield pending
            pending = ""
        pending = f"{pending},{text}" if pending else text
    if pending:
        yield pending


def numbers_in(sequence_set: str, *, limit: int = 5_000_000) -> list[int]:
    """The numbers of a set in the order given; never more than ``limit`` of them."""
    numbers: list[int] = []
    for found in ranges_in(sequence_set):
        if len(found) + len(numbers) > limit:
            raise ValueError("a sequence set too large to be true")
        numbers.extend(found)
    return numbers


def ranges_in(sequence_set: str) -> Iterator[range]:
    """The pieces of a set in the order given, none of them longer than UIDs go."""
    for piece in filter(None, sequence_set.split(",")):
        first, _, last = piece.partition(":")
        low, high = sorted((int(first), int(last or first)))
        if low < 0 or high >= 2**32:
            raise ValueError("a number beyond all sequence sets")
        yield range(low, high + 1)


def merged_ranges(ranges: Iterable[range]) -> tuple[range, ...]:
    """The same numbers as ascending ranges that do not touch."""
    merged: list[range] = []
    for found in sorted(ranges, key=lambda each: each.start):
        if merged and found.start <= merged[-1].stop:
            merged[-1] = range(merged[-1].start, max(merged[-1].stop, found.stop))
        elif found:
            merged.append(found)
    return tuple(merged)


def is_among(number: int, ranges: Sequence[range]) -> bool:
    """Whether one of ascending ``ranges`` that do not touch has the number."""
    place = bisect_right(ranges, number, key=lambda each: each.start)
    return place > 0 and number in ranges[place - 1]


def in_batches(ranges: Iterable[range], size: int) -> Iterator[list[range]]:
    """The numbers, in lists of ranges with at most ``size`` of them each."""
    batch: list[range] = []
    room = size
    for rest in ranges:
        while rest:
            batch.append(rest[:room])
            rest = rest[room:]
            room = size - sum(map(len, batch))
            if not room:
                yield batch
                batch, room = [], size
    if batch:
        yield batch


def windows(first: int, last: int, *, count: int, size: int) -> Iterator[range]:
    """``first`` to ``last`` in pieces with some ``size`` each of the ``count`` numbers in it.

    They are taken to lie evenly, so that the pieces are few however far apart they are.
    """
    pieces = max(-(-count // size), 1)
    step = max(-(-(last + 1 - first) // pieces), 1)
    return (range(low, min(low + step, last + 1)) for low in range(first, last + 1, step))


def _ranges(numbers: list[int]) -> Iterator[tuple[int, int]]:
    if not numbers:
        return
    first = last = numbers[0]
    for number in numbers[1:]:
        if number != last + 1:
            yield first, last
            first = number
        last = number
    yield first, last
