"""Small OpenStreetMap extracts as text: nodes by id, ways and relations by their tags."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

STEP = 0.001  # degrees between the columns and rows of a made-up town
Tags = Mapping[str, str]


def node(number: int, x: float, y: float, **tags: str) -> str:
    """A node at column x, row y near the equator, where a step is 111.195 m both ways."""
    return f'<node id="{number}" lon="{x * STEP:.7f}" lat="{y * STEP:.7f}">{_tags(tags)}</node>'


def way(number: int, nodes: Sequence[int], tags: Tags | None = None, **more: str) -> str:
    refs = "".join(f'<nd ref="{n}"/>' for n in nodes)
    return f'<way id="{number}">{refs}{_tags({**(tags or {}), **more})}</way>'


def area(number: int, outer: Sequence[int], tags: Tags | None = None, **more: str) -> str:
    """A multipolygon of one ring each."""
    members = "".join(f'<member type="way" ref="{n}" role="outer"/>' for n in outer)
    return f'<relation id="{number}">{members}{_tags({"type": "multipolygon", **(tags or {}), **more})}</relation>'


def extract(*parts: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<osm version="0.6">{"".join(parts)}</osm>\n'


def grid(columns: int = 5, rows: int = 5) -> str:
    """Nodes 11, 12 … 21, 22 …: tens are the row, ones the column."""
    return "".join(node(10 * y + x, x, y) for y in range(1, rows + 1) for x in range(1, columns + 1))


def _tags(tags: Tags) -> str:
    return "".join(f'<tag k="{escape(k)}" v="{escape(v)}"/>' for k, v in tags.items())
