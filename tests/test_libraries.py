"""Libraries that must live together in one process."""

from __future__ import annotations

import subprocess
import sys

BOTH = """
import numpy as np
{first}
{second}
from ortools.graph.python import min_cost_flow
import highspy

solver = min_cost_flow.SimpleMinCostFlow()
arc = solver.add_arc_with_capacity_and_unit_cost(0, 1, 5, 3)
solver.set_nodes_supplies(np.array([0, 1]), np.array([4, -4]))
assert solver.solve() == solver.OPTIMAL and solver.optimal_cost() == 12

model = highspy.Highs()
model.setOptionValue("output_flag", False)
x, y = model.addVariable(lb=0, ub=4, obj=1), model.addVariable(lb=0, ub=4, obj=2)
model.addConstr(x + y >= 5)
model.run()
assert model.getObjectiveValue() == 6
"""


def test_highspy_and_ortools_solve_side_by_side_whichever_is_loaded_first() -> None:
    """HiGHS 1.15's shared library cannot be loaded beside OR-tools', hence the upper bound in pyproject.toml."""
    loads = ("import highspy", "from ortools.graph.python import min_cost_flow")
    for first, second in (loads, loads[::-1]):
        done = subprocess.run(
            [sys.executable, "-c", BOTH.format(first=first, second=second)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr


def test_importing_placesim_loads_nothing_heavy() -> None:
    code = "import sys, placesim; print([m for m in ('numpy', 'pandas', 'numba', 'typer') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_command_lines_help_loads_nothing_heavy() -> None:
    code = "import sys, placesim.cli; print([m for m in ('numpy', 'pandas', 'numba', 'pydantic') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
