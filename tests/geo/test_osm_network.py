"""The network of an OpenStreetMap extract: the rules by hand, a slow twin, and two real cities edge by edge."""

from __future__ import annotations

import math
import tracemalloc
import zlib
from collections import Counter
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from osm_text import STEP, extract, grid, node, way

import placesim
from placesim.geo import read_osm, travel_matrix
from placesim.osm import ExtractError
from placesim.osm.refs import node_refs

COLUMNS = ["u", "v", "length_m", "highway", "oneway", "walk", "drive", "maxspeed", "way_id"]
METRES = 6371008.8 * math.radians(STEP)  # one step along a meridian
CITIES = {"osm_helsinki_centre": "Helsinki.osm.pbf", "osm_sao_paulo_centre": "spo_osm.pbf"}


@pytest.fixture
def town(tmp_path: Path) -> Any:
    """Reads an extract given as parts of XML."""

    def read(*parts: str) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
        file = tmp_path / "town.osm"
        file.write_text(extract(*parts), encoding="utf-8")
        return read_osm(file)

    return read


def links(edges: pd.DataFrame) -> list[tuple[int, int]]:
    return sorted(zip(edges["u"].tolist(), edges["v"].tolist(), strict=True))


def usable(edges: pd.DataFrame) -> list[tuple[int, int, int]]:
    """(oneway, walk, drive) of each edge"""
    return [tuple(row) for row in edges[["oneway", "walk", "drive"]].to_numpy().tolist()]


# -------------------------------------------------------------------------------------------------------- cutting
def test_ways_are_cut_at_shared_nodes_and_at_ends(town: Any) -> None:
    nodes, edges = town(
        grid(), way(1, [11, 12, 13, 14], highway="residential"), way(2, [13, 23, 33], highway="residential")
    )
    assert links(edges) == [(11, 13), (13, 14), (13, 33)]
    assert nodes["node"].tolist() == [11, 13, 14, 33]
    assert edges["length_m"].tolist() == pytest.approx([2 * METRES, METRES, 2 * METRES], abs=0.01)
    assert edges["piece"].tolist() == [1, 2, 1]
    assert list(edges.columns[:9]) == COLUMNS
    assert list(nodes.columns[:3]) == ["node", "lon", "lat"]
    assert (nodes.crs, edges.crs) == ("EPSG:4326", "EPSG:4326")
    assert edges.geometry[0].coords[:] == [(0.001, 0.001), (0.002, 0.001), (0.003, 0.001)]


def test_ways_that_cross_without_a_node_do_not_meet(town: Any) -> None:
    _, edges = town(grid(), way(1, [11, 33], highway="residential"), way(2, [31, 13], highway="residential"))
    assert links(edges) == [(11, 33), (31, 13)]


def test_a_way_that_meets_itself_is_cut_there_and_a_ring_stays_a_loop(town: Any) -> None:
    _, edges = town(
        grid(), way(1, [11, 12, 13, 23, 22, 12], highway="footway"), way(2, [41, 42, 52, 41], highway="path")
    )
    assert links(edges) == [(11, 12), (12, 12), (41, 41)]
    assert (edges["u"] == edges["v"]).tolist() == [False, True, True]


def test_areas_and_what_is_no_road_neither_stand_in_the_network_nor_cut_it(town: Any) -> None:
    _, edges = town(
        grid(),
        way(1, [11, 12, 13], highway="residential"),
        way(2, [12, 22, 23, 12], highway="pedestrian", area="yes"),
        *(way(10 + i, [12, 22], highway=h) for i, h in enumerate(("construction", "proposed", "platform", "corridor"))),
        way(3, [12, 22], building="yes"),
    )
    assert links(edges) == [(11, 13)]


def test_a_closed_road_cuts_those_it_meets_though_nobody_may_use_it(town: Any) -> None:
    _, edges = town(
        grid(), way(1, [11, 12, 13], highway="residential"), way(2, [12, 22], highway="service", access="no")
    )
    assert links(edges) == [(11, 12), (12, 13)]


def test_parallel_edges_stay(town: Any) -> None:
    _, edges = town(grid(), way(1, [11, 12, 13], highway="residential"), way(2, [11, 22, 13], highway="footway"))
    assert links(edges) == [(11, 13), (11, 13)]
    assert edges["length_m"].iloc[0] < edges["length_m"].iloc[1]


# --------------------------------------------------------------------------------------------------------- direction
@pytest.mark.parametrize(
    ("tags", "oneway", "ends"),
    [
        ({}, 0, (11, 13)),
        ({"oneway": "yes"}, 1, (11, 13)),
        ({"oneway": "no"}, 0, (11, 13)),
        ({"oneway": "-1"}, 1, (13, 11)),
        ({"oneway": "reversible"}, 0, (11, 13)),
        ({"junction": "roundabout"}, 1, (11, 13)),
        ({"junction": "roundabout", "oneway": "no"}, 1, (11, 13)),
    ],
    ids=str,
)
def test_directions(town: Any, tags: dict[str, str], oneway: int, ends: tuple[int, int]) -> None:
    _, edges = town(grid(), way(1, [11, 12, 13], tags, highway="residential"))
    assert links(edges) == [ends]
    assert usable(edges) == [(oneway, 1, 1)]
    first, last = edges.geometry[0].coords[0], edges.geometry[0].coords[-1]
    assert (first < last) == (ends[0] < ends[1])  # drawn as it is driven


def test_a_roundabout_is_driven_one_way_round_and_walked_both_ways(town: Any) -> None:
    nodes, edges = town(
        grid(),
        way(1, [22, 23, 33, 32, 22], highway="residential", junction="roundabout"),
        way(2, [12, 22], highway="residential"),
        way(3, [33, 43], highway="residential"),
    )
    assert links(edges) == [(12, 22), (22, 33), (33, 22), (33, 43)]
    at = {n: i for i, n in enumerate(nodes["node"])}
    u, v = edges["u"].map(at), edges["v"].map(at)
    walked = travel_matrix(u, v, edges["length_m"], [at[43]], [at[12]])
    assert walked[0, 0] == pytest.approx(4 * METRES, abs=0.05)


# ------------------------------------------------------------------------------------------------------------- access
@pytest.mark.parametrize(
    ("tags", "walk", "drive"),
    [
        ({"highway": "motorway"}, 0, 1),
        ({"highway": "motorway_link"}, 0, 1),
        ({"highway": "trunk"}, 1, 1),
        ({"highway": "living_street"}, 1, 1),
        ({"highway": "road"}, 1, 1),
        ({"highway": "footway"}, 1, 0),
        ({"highway": "track"}, 1, 0),
        ({"highway": "steps"}, 1, 0),
        ({"highway": "residential", "foot": "no"}, 0, 1),
        ({"highway": "primary", "foot": "use_sidepath"}, 0, 1),
        ({"highway": "primary", "foot": "private"}, 0, 1),
        ({"highway": "service", "access": "private", "foot": "yes"}, 1, 0),
        ({"highway": "service", "access": "no", "foot": "permissive"}, 1, 0),
        ({"highway": "service", "access": "destination"}, 1, 1),
        ({"highway": "residential", "access": "customers"}, 1, 1),
    ],
    ids=str,
)
def test_who_may_use_a_way(town: Any, tags: dict[str, str], walk: int, drive: int) -> None:
    _, edges = town(grid(), way(1, [11, 12], tags))
    assert usable(edges) == [(0, walk, drive)]


@pytest.mark.parametrize(
    "tags",
    [
        {"highway": "footway", "foot": "no"},
        {"highway": "residential", "access": "private"},
        {"highway": "service", "access": "no"},
        {"highway": "cycleway", "foot": "use_sidepath"},
        {"highway": "construction", "foot": "designated"},
    ],
    ids=str,
)
def test_what_nobody_may_use_is_left_out(town: Any, tags: dict[str, str]) -> None:
    _, edges = town(grid(), way(1, [11, 12], tags), way(2, [21, 22], highway="path"))
    assert edges["way_id"].tolist() == [2]


# ------------------------------------------------------------------------------------------------------- odd drawings
def test_two_nodes_at_one_place_are_told_apart_by_the_ways(town: Any) -> None:
    """Way 1 passes node 12, way 2 ends at node 99 in the same place, way 3 at 12: only 1 and 3 meet."""
    nodes, edges = town(
        grid(), node(99, 2, 1),
        way(1, [11, 12, 13], highway="residential"),
        way(2, [99, 22], highway="residential"),
        way(3, [12, 31], highway="residential"),
    )  # fmt: skip
    assert links(edges) == [(11, 12), (12, 13), (12, 31), (99, 22)]
    twins = nodes.set_index("node").loc[[12, 99]]
    assert twins["lon"].nunique() == 1


def test_a_way_that_passes_both_nodes_of_one_place_keeps_their_order(town: Any) -> None:
    _, edges = town(grid(), node(99, 2, 1), way(1, [11, 99, 12, 13], highway="path"), way(2, [99, 22], highway="path"))
    assert links(edges) == [(11, 99), (99, 13), (99, 22)]


def test_a_way_leaves_the_extract_at_its_last_node_inside(town: Any) -> None:
    _, edges = town(grid(), way(1, [11, 12, 991, 992], highway="residential"))
    assert links(edges) == [(11, 12)]


def test_a_way_of_one_node_or_none_is_no_road(town: Any) -> None:
    _, edges = town(
        grid(), way(1, [11, 12], highway="residential"),
        way(2, [13], highway="residential"), way(3, [], highway="path"), way(4, [14, 991], highway="path"),
    )  # fmt: skip
    assert links(edges) == [(11, 12)]


def test_a_node_named_twice_in_a_row_makes_a_loop_without_length(town: Any) -> None:
    _, edges = town(grid(), way(1, [11, 12, 12, 13], highway="path"))
    assert links(edges) == [(11, 12), (12, 12), (12, 13)]
    assert sorted(edges["length_m"])[0] == 0


def test_a_way_or_node_that_the_file_holds_twice_counts_once(town: Any) -> None:
    once = way(1, [11, 12, 13], highway="residential")
    _, edges = town(grid(), grid(), once, once)
    assert links(edges) == [(11, 13)]


def test_a_node_that_stands_at_two_places_is_no_crash(town: Any) -> None:
    """Node 12 is listed at the places of 11 and 13 too, as in extracts of two dates put together."""
    again = node(12, 1, 1) + node(12, 3, 1)
    _, edges = town(grid(), again, way(1, [11, 12, 13, 12, 11], highway="path"))
    assert set(edges["u"]) | set(edges["v"]) <= {11, 12, 13}


def test_rails_at_grade_are_marked(town: Any) -> None:
    _, edges = town(
        grid(), node(77, 2.5, 1, railway="level_crossing"),
        way(1, [11, 12, 77, 13], highway="residential"), way(2, [13, 14], highway="residential"),
    )  # fmt: skip
    assert edges["crossing"].tolist() == [True, False]


def test_lengths_are_haversine_at_high_latitude(tmp_path: Path) -> None:
    file = tmp_path / "north.osm"
    ends = '<node id="1" lat="60" lon="24"/><node id="2" lat="60.01" lon="24.02"/>'
    file.write_text(extract(ends, way(1, [1, 2], highway="path")))
    (metres,) = read_osm(file)[1]["length_m"]
    lat, dlon = (math.radians(60), math.radians(60.01)), math.radians(0.02)
    angle = math.acos(math.sin(lat[0]) * math.sin(lat[1]) + math.cos(lat[0]) * math.cos(lat[1]) * math.cos(dlon))
    assert metres == pytest.approx(6371008.8 * angle, abs=0.01)


# --------------------------------------------------------------------------------------------------------- slow twin
def twin(ways: list[tuple[list[int], str]]) -> Counter[tuple[int, int]]:
    """Ends of the pieces, by walking along every way and looking for each node in all others."""
    times = Counter(n for nodes, kind in ways for n in nodes if kind != "platform")
    pieces: Counter[tuple[int, int]] = Counter()
    for nodes, kind in ways:
        if kind == "platform":
            continue
        start = nodes[0]
        for i, n in enumerate(nodes[1:], start=1):
            if times[n] > 1 or i == len(nodes) - 1:
                pieces[start, n] += 1
                start = n
    return pieces


NODES = [10 * y + x for y in range(1, 4) for x in range(1, 4)]


PASSED = st.lists(st.sampled_from([*NODES, 98, 99]), min_size=2, max_size=6)


@given(st.lists(st.tuples(PASSED, st.sampled_from(["path", "platform"])), min_size=1, max_size=6))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_cutting_agrees_with_a_slow_twin(town: Any, ways: list[tuple[list[int], str]]) -> None:
    parts = [way(i + 1, nodes, highway=kind) for i, (nodes, kind) in enumerate(ways)]
    ways = [w for w in ways if w[1] != "platform"]
    if not ways:
        return
    _, edges = town(grid(3, 3), node(98, 1, 1), node(99, 2, 2), *parts)  # 98 and 99 stand where 11 and 22 do
    assert Counter(links(edges)) == twin(ways)


# ---------------------------------------------------------------------------------------------------------- bad input
@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "E632"),
        (b"node_id,lon,lat\n1,2,3\n", "E632"),
        (b"<gpx></gpx>", "E632"),
        (b"<osm", "E632"),
        (b'<osm version="0.6"><node id="1"', "E633"),
        (b'<osm version="0.6"></osm>', "E634"),
        (extract(grid(), way(1, [11, 12], building="yes")).encode(), "E634"),
        (extract(grid(), way(1, [11, 12], highway="construction")).encode(), "E634"),
        (extract(grid(), way(1, [11, 12], highway="path", access="no")).encode(), "E634"),
        (extract(way(1, [11, 12], highway="path")).encode(), "E634"),
    ],
    ids=lambda c: c if isinstance(c, str) else repr(c[:30]),
)
def test_a_file_that_gives_no_network(tmp_path: Path, content: bytes, code: str) -> None:
    file = tmp_path / "x.osm"
    file.write_bytes(content)
    with pytest.raises(placesim.InputError, match=r"^path: ") as refused:
        read_osm(file)
    assert isinstance(refused.value, ExtractError)
    assert (refused.value.argument, refused.value.finding.code) == ("path", code)


def test_no_file_a_folder_and_no_path(tmp_path: Path) -> None:
    for path in (tmp_path / "none.osm.pbf", tmp_path):
        with pytest.raises(placesim.InputError, match="cannot be opened"):
            read_osm(path)
    with pytest.raises(placesim.InputError, match=r"^path: must be the path"):
        read_osm(3)  # type: ignore[arg-type]


@pytest.mark.parametrize("bytes_left", [20, 100, 5_000, 300_000, 600_000])
def test_a_broken_off_download_is_refused(real_data: Path, tmp_path: Path, bytes_left: int) -> None:
    file = tmp_path / "cut.osm.pbf"
    file.write_bytes((real_data / "osm_helsinki_centre" / "Helsinki.osm.pbf").read_bytes()[:bytes_left])
    with pytest.raises(placesim.InputError, match="cut short or damaged"):
        read_osm(file)


@given(st.integers(100, 680_000), st.integers(1, 255))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_byte_is_refused_or_harmless(real_data: Path, tmp_path: Path, at: int, flip: int) -> None:
    """Packed blocks carry a checksum; what lies between them may change without harm, never with a crash."""
    folder = real_data / "osm_helsinki_centre"
    data = bytearray((folder / "Helsinki.osm.pbf").read_bytes())
    data[at] ^= flip
    file = tmp_path / "damaged.osm.pbf"
    file.write_bytes(data)
    try:
        _, edges = read_osm(file)
    except placesim.InputError:
        return
    assert len(edges) == 4555


def test_blocks_that_are_not_packed_are_read(real_data: Path, tmp_path: Path) -> None:
    """Blobs may hold their content as it is; the same refs come from both."""
    source = real_data / "osm_helsinki_centre" / "Helsinki.osm.pbf"
    ways = frozenset({23653209, 23653233})
    packed = node_refs(source, ways)
    raw = tmp_path / "raw.osm.pbf"
    raw.write_bytes(unpacked(source.read_bytes()))
    assert {k: v.tolist() for k, v in node_refs(raw, ways).items()} == {k: v.tolist() for k, v in packed.items()}
    assert 256257243 in packed[23653209]
    assert 6152373292 in packed[23653233]


def unpacked(data: bytes) -> bytes:
    """The same file with raw blobs: each is header size, header (kind, size), blob (raw_size, zlib_data)."""
    out, at = b"", 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        header = data[at + 4 : at + 4 + size]
        kind = header[: 2 + header[1]]
        length, _ = varint(header, len(kind) + 1)
        blob = data[at + 4 + size : at + 4 + size + length]
        _, after_raw_size = varint(blob, 1)
        packed, start = varint(blob, after_raw_size + 1)
        content = zlib.decompress(blob[start : start + packed])
        body = b"\x0a" + as_varint(len(content)) + content
        head = kind + b"\x18" + as_varint(len(body))
        out += len(head).to_bytes(4, "big") + head + body
        at += 4 + size + length
    return out


def varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value, shift, at = value | (byte & 127) << shift, shift + 7, at + 1
        if byte < 128:
            return value, at


def as_varint(value: int) -> bytes:
    out = b""
    while value > 127:
        out, value = out + bytes([value & 127 | 128]), value >> 7
    return out + bytes([value])


# --------------------------------------------------------------------------------------------------------- real cities
@pytest.mark.parametrize("city", CITIES)
def test_the_network_of_a_real_city_is_that_of_its_tables(real_data: Path, city: str) -> None:
    folder = real_data / city
    nodes, edges = read_osm(folder / CITIES[city])
    wanted = pd.read_csv(folder / "nodes.csv.gz")
    pd.testing.assert_frame_equal(pd.DataFrame(nodes[["node", "lon", "lat"]]), wanted, rtol=0, atol=1e-9)
    given_edges = pd.read_csv(folder / "edges.csv.gz", dtype={"maxspeed": str}, keep_default_na=False)
    assert Counter(rows(edges)) == Counter(rows(given_edges))
    ends = np.array([(line.coords[0], line.coords[-1]) for line in edges.geometry])
    at = nodes.set_index("node")[["lon", "lat"]]
    assert np.allclose(ends[:, 0], at.loc[edges["u"]], atol=1e-9, rtol=0)
    assert np.allclose(ends[:, 1], at.loc[edges["v"]], atol=1e-9, rtol=0)


def rows(edges: pd.DataFrame) -> list[tuple[Any, ...]]:
    plain = pd.DataFrame(edges[COLUMNS]).assign(maxspeed=edges["maxspeed"].fillna(""))
    plain["length_m"] = (plain["length_m"] * 100).round().astype(int)
    return list(plain.itertuples(index=False, name=None))


@pytest.mark.parametrize("city", CITIES)
@pytest.mark.parametrize("mode", ["walk", "drive"])
def test_reference_distances_of_a_real_city(real_data: Path, city: str, mode: str, record_property: Any) -> None:
    folder = real_data / city
    _, edges = read_osm(folder / CITIES[city])
    edges = edges[edges[mode] == 1]
    wanted = pd.read_csv(folder / "reference_distances.csv").query("mode == @mode")
    u, v, metres = (edges[c].to_numpy() for c in ("u", "v", "length_m"))
    if mode == "drive":
        back = edges["oneway"].to_numpy() == 0
        u, v, metres = np.append(u, v[back]), np.append(v, u[back]), np.append(metres, metres[back])
    origins, ends = wanted["from_node"].unique(), wanted["to_node"].unique()
    found = travel_matrix(u, v, metres, origins, ends, directed=mode == "drive")
    table = pd.DataFrame(found, origins, ends)
    reached = np.array([table.at[a, b] for a, b in wanted[["from_node", "to_node"]].to_numpy()])
    worst = float(np.abs(reached - wanted["distance_m"].to_numpy()).max())
    record_property(f"{city} {mode}: largest difference in metres", worst)
    assert worst <= 0.01


@pytest.mark.evidence
def test_a_city_of_many_nodes_stays_within_memory(tmp_path: Path, record_property: Any) -> None:
    """A grid of 500 000 nodes: what Python and numpy hold at once stays under 1.2 kB a node."""
    side = 707
    file = tmp_path / "big.osm"
    with file.open("w") as out:
        out.write('<?xml version="1.0"?><osm version="0.6">')
        for i in range(side * side):
            out.write(f'<node id="{i + 1}" lon="{(i % side + 1) * 1e-3:.7f}" lat="{i // side * 1e-3:.7f}"/>')
        for y in range(side):
            out.write(way(y + 1, [y * side + x + 1 for x in range(side)], highway="residential"))
        for x in range(side):
            out.write(way(side + x + 1, [y * side + x + 1 for y in range(side)], highway="residential"))
        out.write("</osm>")
    tracemalloc.start()
    nodes, edges = read_osm(file)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    record_property("peak bytes per node", round(peak / side**2))
    assert (len(nodes), len(edges)) == (side * side, 2 * side * (side - 1))
    assert peak / side**2 < 1_200
