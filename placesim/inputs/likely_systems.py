"""What coordinates look like, and what their system is called."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyproj


def like_degrees(x: Any, y: Any) -> Any:
    return (np.abs(x) <= 180) & (np.abs(y) <= 90)


def shown_with(crs: pyproj.CRS, x: float, y: float) -> dict[str, object]:
    shown = (f"{v:.6g}" if abs(v) <= 180 else f"{v:.0f}" for v in (x, y))
    return {"crs": name_of(crs), **dict(zip("xy", shown, strict=True))}


def name_of(crs: pyproj.CRS) -> str:
    """EPSG:4547, or the system's name where it has no code."""
    return crs.to_string() if crs.to_authority() else str(crs.name)
