"""placesim: open simulator of school-place (学位) supply.

>>> import placesim as ps
>>> run = ps.run(ps.load("scenarios/songlan/base.toml"))

Names are resolved when first used, so that `import placesim` loads nothing heavy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from placesim.errors import DataError, Finding, InfeasibleError, InputError, PlacesimError, ScenarioError
    from placesim.scenario import Scenario, example, load
    from placesim.spine import run
    from placesim.store import Run, SavedRun, open_run

_HOMES = {
    "load": "placesim.scenario",
    "example": "placesim.scenario",
    "Scenario": "placesim.scenario",
    "run": "placesim.spine",
    "Run": "placesim.store",
    "SavedRun": "placesim.store",
    "open_run": "placesim.store",
    "Finding": "placesim.errors",
    "PlacesimError": "placesim.errors",
    "InputError": "placesim.errors",
    "InfeasibleError": "placesim.errors",
    "ScenarioError": "placesim.errors",
    "DataError": "placesim.errors",
}
__all__ = [
    "DataError",
    "Finding",
    "InfeasibleError",
    "InputError",
    "PlacesimError",
    "Run",
    "SavedRun",
    "Scenario",
    "ScenarioError",
    "example",
    "load",
    "open_run",
    "run",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'placesim' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
