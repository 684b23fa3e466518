"""Writers of Outlook's files: winmail.dat (MS-OXTNEF) and .msg (MS-OXMSG, MS-CFB)."""

import struct
from collections.abc import Iterator, Mapping

import compressed_rtf

HTML_RTF = (
    rb"{\rtf1\ansi\ansicpg1252\fromhtml1 \deff0{\fonttbl{\f0\fswiss Arial;}}"
    rb"{\*\htmltag19 <html>}{\*\htmltag64 <p>}\htmlrtf {\htmlrtf0 Caf\'e9 &amp; {\*\htmltag84 <b>}"
    rb"\htmlrtf {\b\htmlrtf0 bar\htmlrtf }\htmlrtf0 {\*\htmltag92 </b>}\htmlrtf }\htmlrtf0"
    rb"{\*\htmltag72 </p>}{\*\htmltag27 </html>}}"
)

Tree = Mapping[str, "bytes | Tree"]


def tnef(*objects: bytes) -> bytes:
    return b"\x78\x9f\x3e\x22\x01\x00" + b"".join(objects)


def tnef_object(level: int, name: int, content: bytes) -> bytes:
    head = struct.pack("<BHHI", level, name, 6, len(content))
    return head + content + struct.pack("<H", sum(content) & 0xFFFF)


def tnef_file(title: bytes, content: bytes, properties: Mapping[int, bytes | str]) -> bytes:
    return b"".join(
        (
            tnef_object(2, 0x9002, b"\0" * 14),
            tnef_object(2, 0x8010, title + b"\0"),
            tnef_object(2, 0x800F, content) if content else b"",
            tnef_object(2, 0x9005, mapi(properties)),
        )
    )


def tnef_message(properties: Mapping[int, bytes | str], *files: bytes) -> bytes:
    code_page = tnef_object(1, 0x9007, struct.pack("<II", 1252, 0))
    return tnef(code_page, tnef_object(1, 0x9003, mapi(properties)), *files)


def mapi(properties: Mapping[int, bytes | str]) -> bytes:
    """Text as Unicode strings, octets as binary; object data by its number."""
    written = struct.pack("<I", len(properties))
    for number, value in properties.items():
        octets = f"{value}\0".encode("utf-16-le") if isinstance(value, str) else value
        kind = 0x1F if isinstance(value, str) else 0x0D if number == 0x3701 else 0x102
        padded = octets + b"\0" * (-len(octets) % 4)
        written += struct.pack("<HHII", kind, number, 1, len(octets)) + padded
    return written


def compressed(rtf: bytes) -> bytes:
    return bytes(compressed_rtf.compress(rtf, compressed=True))


def msg(tree: Tree) -> bytes:
    """The .msg file with these streams and storages; ``tree`` is ``msg_tree(…)``."""
    return compound_file(tree)


def msg_tree(
    texts: Mapping[int, str | bytes],
    numbers: Mapping[int, int] | None = None,
    *,
    header_bytes: int = 32,
    storages: Tree | None = None,
) -> dict[str, "bytes | Tree"]:
    fixed = b"\0" * header_bytes
    for number, value in (numbers or {}).items():
        fixed += struct.pack("<HHIQ", 0x40 if value > 2**32 else 3, number, 6, value)
    tree: dict[str, bytes | Tree] = {"__properties_version1.0": fixed, **(storages or {})}
    for number, text in texts.items():
        kind, octets = (
            ("001F", text.encode("utf-16-le")) if isinstance(text, str) else ("0102", text)
        )
        tree[f"__substg1.0_{number:04X}{kind}"] = octets
    return tree


def compound_file(tree: Tree) -> bytes:
    """MS-CFB, version 3: sectors of 512 octets; what is under 4096 stands in the mini stream."""
    entries = list(_entries("Root Entry", tree))
    sectors: list[bytes] = []
    table: list[int] = []
    small: list[bytes] = []
    small_table: list[int] = []
    for entry in entries:
        is_small = len(entry["content"]) < 4096
        place = (small, small_table, 64) if is_small else (sectors, table, 512)
        entry["start"] = _stored(entry["content"], *place) if entry["content"] else -2
    entries[0]["content"] = b"".join(small)
    entries[0]["start"] = _stored(entries[0]["content"], sectors, table, 512)
    octets = struct.pack(f"<{len(small_table)}i", *small_table)
    first_small = _stored(octets + b"\xff" * (-len(octets) % 512), sectors, table, 512)
    small_sectors = len(sectors) - first_small
    first_directory = _stored(b"".join(map(_entry, entries)), sectors, table, 512)
    fat_sectors = (len(table) + 140) // 128
    places = [*range(len(sectors), len(sectors) + fat_sectors)]
    table += [-3] * fat_sectors
    fat = struct.pack(f"<{len(table)}i", *table).ljust(fat_sectors * 512, b"\xff")
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16
    head += struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    head += struct.pack(
        "<IIiIIiIiI", 0, fat_sectors, first_directory, 0, 4096, first_small, small_sectors, -2, 0
    )
    head += struct.pack("<109i", *places, *([-1] * (109 - fat_sectors)))
    return head + b"".join(sectors) + fat


def _stored(content: bytes, sectors: list[bytes], table: list[int], size: int) -> int:
    start = len(sectors)
    pieces = [content[at : at + size].ljust(size, b"\0") for at in range(0, len(content), size)]
    sectors += pieces
    table += [*range(start + 1, start + len(pieces)), -2]
    return start


def _entries(name: str, tree: Tree, first: int = 0) -> Iterator[dict]:
    """The storage, then what is in it; each entry's right neighbour is the next."""
    inside: list[dict] = []
    heads: list[int] = []
    for child, content in tree.items():
        heads.append(first + 1 + len(inside))
        if isinstance(content, bytes):
            inside.append({"name": child, "kind": 2, "content": content, "child": -1})
        else:
            inside += _entries(child, content, heads[-1])
    for at, following in zip(heads, [*heads[1:], -1], strict=True):
        inside[at - first - 1]["right"] = following
    kind = 5 if first == 0 else 1
    child = heads[0] if heads else -1
    yield {"name": name, "kind": kind, "content": b"", "child": child, "right": -1}
    yield from inside


def _entry(entry: dict) -> bytes:
    name = entry["name"].encode("utf-16-le") + b"\0\0"
    return name.ljust(64, b"\0") + struct.pack(
        "<HBBiii36xiQ",
        *(len(name), entry["kind"], 1, -1, entry["right"], entry["child"]),
        *(entry["start"], len(entry["content"])),
    )
