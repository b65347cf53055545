"""Two hundred futures of two thousand areas over fifteen years stay within three gigabytes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).resolve().parents[3] / "benchmarks" / "draws.py"


@pytest.mark.evidence
def test_two_thousand_areas_stay_under_three_gigabytes(tmp_path, record_property):
    figures = tmp_path / "figures.json"
    subprocess.run([sys.executable, BENCHMARK, "--json", figures], check=True, capture_output=True)
    peak = json.loads(figures.read_text())["peak_mb"]
    record_property("peak MB, 2,000 areas × 200 draws × 15 years", round(peak))
    assert peak < 3000
