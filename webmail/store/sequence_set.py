"""Sequence sets (RFC 9051, section 9), built and read by nobody else."""

from collections.abc import Iterable, Iterator


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
    for piece in filter(None, sequence_set.split(",")):
        first, _, last = piece.partition(":")
        low, high = sorted((int(first), int(last or first)))
        if high - low + len(numbers) >= limit:
            raise ValueError("a sequence set too large to be true")
        numbers.extend(range(low, high + 1))
    return numbers


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
