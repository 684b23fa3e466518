"""Sets that grow together: union-find over the numbers of identifiers and conversations."""

from collections.abc import Iterable, Mapping


class Partition:
    """Begins with identifiers whose conversations are known; ``join`` says what is tied.

    A conversation's number is the hash of an identifier in it, so both are nodes alike.
    """

    def __init__(self, known: Mapping[int, int]) -> None:
        self._above: dict[int, int] = dict(known)
        self._existing = set(known.values())
        for number in self._existing:
            self._above[number] = number

    def join(self, nodes: Iterable[int]) -> None:
        first = None
        for node in nodes:
            top = self._top(node)
            if first is None:
                first = top
            elif top != first:
                low, high = (first, top) if first < top else (top, first)
                self._above[high] = first = low

    def numbers(self, nodes: Iterable[int]) -> dict[int, int]:
        """The number of each node's part: the smallest that exists, else the smallest node."""
        least: dict[int, int] = {}
        for number in self._existing:
            top = self._top(number)
            least[top] = min(least.get(top, number), number)
        tops = {node: self._top(node) for node in nodes}
        return {node: least.get(top, top) for node, top in tops.items()}

    def _top(self, node: int) -> int:
        above = self._above.setdefault(node, node)
        while above != node:
            # Halving the way keeps it short for the next who asks.
            higher = self._above[above]
            self._above[node] = higher
            node, above = above, higher
        return node
