"""Proof that a solution is the best one: whole primal and dual cost are the same number."""

from __future__ import annotations

from placesim.allocation.warm.graph import Links
from placesim.kernel import kernel
from placesim.records import Ints


@kernel
def costs(links: Links, pupils: Ints, places: Ints, flow: Ints, price: Ints) -> tuple[int, int]:
    """(primal, dual) whole cost of flow[slot] at price[school + 1] for pupils[node] and places[school, step].

    primal = Σ units·flow + what the loads cost in steps. dual = Σ pupils·min(units + price) − Σ places·max(0, price −
    step), which no flow can undercut as long as no price is negative and to stay unplaced costs nothing beyond its
    units. Hence the flow is best where both are equal. (−1, −2): a flow that is none (negative, not the node's pupils,
    beyond the places), or such prices.
    """
    last = len(links.seats) - 2
    load, wrong, primal, dual = price * 0, price[last] != 0, 0, 0
    for node in range(len(pupils)):
        first, end = links.first[node], links.first[node + 1]
        rest, least = pupils[node], links.units[end - 1]
        for slot in range(first, end):
            school = links.school[slot]
            rest -= flow[slot]
            load[school] += flow[slot]
            primal += flow[slot] * links.units[slot]
            least = min(least, links.units[slot] + price[school])
            wrong |= flow[slot] < 0
        dual += pupils[node] * least
        wrong |= rest != 0
    for school in range(last):
        rest = load[school]
        for step in range(len(links.extra)):
            taken = min(rest, places[school, step])
            rest -= taken
            primal += taken * links.extra[step]
            dual -= places[school, step] * max(0, price[school] - links.extra[step])
        wrong |= rest != 0 or price[school] < 0
    return (-1, -2) if wrong else (primal, dual)
