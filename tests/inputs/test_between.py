"""Roads given as nodes and edges: drawn between their nodes, with what may be wrong about them."""

from __future__ import annotations

from four_areas import County

NODES = "node_id,x,y\na,400100,3430100\nb,401100,3430100\nc,401100,3431100\n"
EDGES = "road_id,from_node,to_node,length,class\nr1,a,b,1500,primary\nr2,b,c,,residential\n"


def with_network(county: County, nodes: str | None = NODES, edges: str = EDGES) -> County:
    county.write("roads.csv", edges)
    county.say("[inputs.crosswalk]", '[inputs.roads]\npath = "roads.csv"\n[inputs.crosswalk]')
    if nodes is not None:
        county.write("nodes.csv", nodes)
        county.say("[inputs.crosswalk]", '[inputs.nodes]\npath = "nodes.csv"\n[inputs.crosswalk]')
    return county


def test_edges_are_drawn_between_their_nodes(county: County) -> None:
    inputs, findings = with_network(county).read()
    assert [f for f in findings if f.is_error] == []
    roads = inputs.frame("roads")
    assert roads.geometry.length.tolist() == [1000, 1000]
    assert roads["length"].tolist()[0] == 1500
    assert roads.crs == inputs.frame("nodes").crs


def test_edges_without_nodes(county: County) -> None:
    finding = with_network(county, nodes=None).only("E259")
    assert (finding.file, finding.column) == ("roads.csv", "from_node")


def test_an_edge_to_a_node_that_is_not_there(county: County) -> None:
    finding = with_network(county, edges=EDGES + "r3,c,zz,,\n").only("E302")
    assert (finding.file, finding.row, finding.value) == ("roads.csv", 4, "zz")


def test_roads_without_lines_or_nodes(county: County) -> None:
    assert with_network(county, edges="road_id,class\nr1,primary\n").only("E232").file == "roads.csv"
