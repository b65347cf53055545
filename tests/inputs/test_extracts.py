"""Roads and barriers straight out of an OpenStreetMap extract."""

from __future__ import annotations

from four_areas import County

# the four areas lie about 30.99° N, 118.95° E
OSM = """<?xml version='1.0'?><osm version='0.6'>
<node id='1' lat='30.98' lon='118.95'/><node id='2' lat='30.99' lon='118.95'/><node id='3' lat='30.99' lon='118.96'/>
<way id='7'><nd ref='1'/><nd ref='2'/><nd ref='3'/><tag k='highway' v='residential'/><tag k='maxspeed' v='30'/></way>
<way id='8'><nd ref='1'/><nd ref='3'/><tag k='railway' v='rail'/></way></osm>"""


def with_extract(county: County, table: str, content: str = OSM) -> County:
    county.write("county.osm", content)
    county.say("[inputs.crosswalk]", f'[inputs.{table}]\npath = "county.osm"\n[inputs.crosswalk]')
    return county


def test_roads_and_barriers(county: County) -> None:
    county = with_extract(with_extract(county, "roads"), "barriers")
    inputs, findings = county.read()
    assert [f for f in findings if f.is_error] == []
    roads = inputs.frame("roads")
    assert roads[["road_id", "class", "speed", "walk"]].to_numpy().tolist() == [["7-1", "residential", 30.0, True]]
    assert (
        abs(roads.geometry.length.iloc[0] - roads["length"].iloc[0]) < 3
    )  # m, of 2 km: one on the plane, one on earth
    assert inputs.frame("barriers")["kind"].tolist() == ["railway"]


def test_other_tables_are_not_in_an_extract(county: County) -> None:
    finding = with_extract(county, "sites").only("E270")
    assert (finding.file, finding.value) == ("base.toml", "county.osm")


def test_a_damaged_extract(county: County) -> None:
    assert with_extract(county, "roads", OSM[:90]).only("E633").file == "county.osm"
