"""Writing text as format=flowed (RFC 3676), so that a phone can fill its own lines."""

WIDTH = 72
MAX_DEPTH = 50  # deeper marks are text: they would be repeated in every line


def flow(text: str) -> str:
    """Lines of at most WIDTH where there are spaces to break at; ends in a line feed.

    A soft break is a space at the end of the line.  Quoted lines (``> ``) stay quoted at
    their depth.  Undone by a reader, the text is what was given, less spaces at line ends.
    """
    lines = text.removesuffix("\n").split("\n")
    return "".join(f"{line}\n" for paragraph in lines for line in _flow_line(paragraph))


def _flow_line(line: str) -> list[str]:
    marks, rest = _quote_marks(line)
    if rest == "-- ":
        return [f"{marks} -- " if marks else "-- "]
    rest = rest.rstrip(" ")
    return [marks + _stuffed(piece, is_quoted=bool(marks)) for piece in _wrap(rest, len(marks))]


def _quote_marks(line: str) -> tuple[str, str]:
    """``> > text`` as the reader must see it: the marks together, and the text."""
    depth, place = 0, 0
    while depth < MAX_DEPTH and line.startswith(">", place):
        depth, place = depth + 1, place + 1
        if line.startswith(" >", place):
            place += 1
    rest = line[place:]
    return ">" * depth, rest.removeprefix(" ") if depth else rest


def _stuffed(piece: str, *, is_quoted: bool) -> str:
    """RFC 3676, 4.4: a space before what would be read as a mark, or be changed on the way."""
    if not piece:
        return piece
    return f" {piece}" if is_quoted or piece.startswith((" ", ">", "From ")) else piece


def _wrap(text: str, taken: int) -> list[str]:
    """Pieces of ``text``, all but the last with the space of their soft break."""
    pieces, start, room = [], 0, max(WIDTH - taken - 1, 20)
    while len(text) - start > room:
        place = text.rfind(" ", start, start + room)
        place = place if place > start else text.find(" ", start + room)
        if place < 0 or text[start:place].strip(" ") in ("", "--"):  # "-- " has a meaning
            break
        pieces.append(text[start : place + 1])
        start = place + 1
    return [*pieces, text[start:]]
