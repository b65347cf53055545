"""What the tests of real counties share."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "allocation"))  # `toy_run`, for small runs of real zones
