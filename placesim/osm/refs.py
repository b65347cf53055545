"""The node ids of ways, read from the file itself, and whether the file is whole.

GDAL gives the shape of a way, not its nodes. Where two nodes stand at the same position only the way itself knows
which of them it passes. Formats: OpenStreetMap wiki, "PBF Format" (blobs of protocol buffers) and "OSM XML".
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO
from xml.parsers import expat

import numpy as np

from placesim.records import Ints

_LARGEST_HEADER, _LARGEST_BLOB = 2**16, 2**25  # bytes, limits of the format
_TYPE, _DATA_SIZE = 1, 3  # fields of a blob's header
_RAW, _ZLIB = 1, 3  # of a blob
_GROUP, _WAYS, _ID, _REFS = 2, 3, 1, 8  # of a block, a group, a way
_FIXED = {1: 8, 5: 4}  # bytes of the wire types of fixed length


class ForeignError(Exception):
    """The file is no OpenStreetMap extract."""


class DamagedError(Exception):
    """The file begins as an extract and cannot be read to its end."""


def node_refs(path: Path, ways: frozenset[int]) -> dict[int, Ints]:
    """way → its node ids in order, for those of `ways` that the file holds; the whole file is read.

    Raises OSError, ForeignError, DamagedError.
    """
    with path.open("rb") as file:
        start = file.read(64)
        file.seek(0)
        if start.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
            return _xml_refs(file, ways)
        if b"OSMHeader" not in start:
            raise ForeignError(path.name)
        return _pbf_refs(file, ways)


# ------------------------------------------------------------------------------------------------------------- XML
def _xml_refs(file: BinaryIO, ways: frozenset[int]) -> dict[int, Ints]:
    found: dict[str, list[int]] = {}
    wanted, path = {str(way) for way in ways}, [""]  # path: the elements that are open

    def begin(name: str, attributes: dict[str, str]) -> None:
        if len(path) == 1 and name != "osm":
            raise ForeignError(name)
        path.append(attributes.get("id", "") if name == "way" else "")
        if name == "nd" and path[-2] in wanted:
            found.setdefault(path[-2], []).append(int(attributes["ref"]))

    parser = expat.ParserCreate()
    parser.StartElementHandler = begin
    parser.EndElementHandler = lambda name: path.pop()
    try:
        parser.ParseFile(file)
    except (expat.ExpatError, KeyError, ValueError) as error:
        raise (DamagedError if len(path) > 1 else ForeignError)(str(error)) from error
    return {int(way): np.array(nodes, dtype=np.int64) for way, nodes in found.items()}


# ------------------------------------------------------------------------------------------------------------- PBF
def _pbf_refs(file: BinaryIO, ways: frozenset[int]) -> dict[int, Ints]:
    found: dict[int, Ints] = {}
    try:
        for block in _blocks(file):
            if ways:
                found.update(_refs_of_block(block, ways))
    except (IndexError, KeyError, TypeError, ValueError, zlib.error) as error:
        raise DamagedError(str(error)) from error
    return found


def _blocks(file: BinaryIO) -> Iterator[memoryview]:
    """The content of every block of data, unpacked."""
    while head := file.read(4):
        header = dict(_fields(_exactly(file, int.from_bytes(head, "big"), _LARGEST_HEADER)))
        block = _unpacked(dict(_fields(_exactly(file, header[_DATA_SIZE], _LARGEST_BLOB))))
        if header[_TYPE] == b"OSMData":
            yield block


def _exactly(file: BinaryIO, size: Any, largest: int) -> memoryview:
    data = file.read(size) if size <= largest else b""
    if len(data) != size:
        raise ValueError("cut short")
    return memoryview(data)


def _unpacked(blob: dict[int, Any]) -> memoryview:
    if _ZLIB not in blob:
        return memoryview(blob[_RAW])
    stream = zlib.decompressobj()
    data = stream.decompress(blob[_ZLIB], _LARGEST_BLOB)
    if not stream.eof:
        raise ValueError("a block without end")
    return memoryview(data)


def _refs_of_block(block: memoryview, ways: frozenset[int]) -> dict[int, Ints]:
    found: dict[int, Ints] = {}
    for part, group in _fields(block):
        if part == _GROUP:
            for kind, way in _fields(group):
                if kind == _WAYS:
                    fields = dict(_fields(way))
                    if _ID in fields and fields[_ID] in ways:
                        found[fields[_ID]] = _nodes(fields.get(_REFS, memoryview(b"")))
    return found


def _fields(message: memoryview) -> Iterator[tuple[int, Any]]:
    """(number, value) of each field of a protocol buffer: whole numbers as int, all else as its bytes."""
    at, end = 0, len(message)
    while at < end:
        key, at = _varint(message, at)
        if key & 7 == 0:
            value, at = _varint(message, at)
            yield key >> 3, value
            continue
        size, at = _varint(message, at) if key & 7 == 2 else (_FIXED[key & 7], at)
        if at + size > end:
            raise ValueError("a field without end")
        yield key >> 3, message[at : at + size]
        at += size


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    """(the whole number that begins at a byte, the byte after it)"""
    value = shift = 0
    while message[at] & 0x80:
        value |= (message[at] & 0x7F) << shift
        shift, at = shift + 7, at + 1
    return value | message[at] << shift, at + 1


def _nodes(packed: memoryview) -> Ints:
    """Node ids from their differences, each a zigzag varint."""
    steps, at = [], 0
    while at < len(packed):
        step, at = _varint(packed, at)
        steps.append(step >> 1 ^ -(step & 1))
    return np.cumsum(np.array(steps, dtype=np.int64))
