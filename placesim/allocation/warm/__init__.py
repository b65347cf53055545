"""Transport solved again and again: exact solutions of many similar cases."""

from placesim.allocation.warm.graph import SchoolGraph, school_graph
from placesim.allocation.warm.solver import Solution, solve_first, solve_from

__all__ = ["SchoolGraph", "Solution", "school_graph", "solve_first", "solve_from"]
