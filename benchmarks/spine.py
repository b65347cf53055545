"""CPU seconds and peak memory of the bundled run by stage, cold and with a warm stage cache.

Run: python benchmarks/spine.py [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import tempfile
import time
from pathlib import Path

import placesim as ps
from placesim.report import FORMATS, write
from placesim.scenario import example_folder
from placesim.store import open_run


def measure(scenario: Path, out: Path) -> dict[str, float]:
    """CPU seconds by stage of one run with all faces."""
    run = ps.run(ps.load(scenario))
    start = time.process_time()
    run.save(out)
    stored = time.process_time()
    write(open_run(out), FORMATS)
    return {**run.seconds, "store": stored - start, "report": time.process_time() - stored}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="also write the figures here")
    target = parser.parse_args().json
    with tempfile.TemporaryDirectory() as temporary:
        county = Path(temporary) / "songlan"
        shutil.copytree(example_folder("songlan"), county, ignore=shutil.ignore_patterns(".placesim", "runs"))
        figures = {
            name: measure(county / "base.toml", Path(temporary) / name)
            for name in ("first run, compiling", "warm stage cache")
        }
        shutil.rmtree(county / ".placesim")
        figures["compiled, empty stage cache"] = measure(county / "base.toml", Path(temporary) / "compiled")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    for name, seconds in figures.items():
        print(f"{name}: {sum(seconds.values()):.1f} s CPU  " + "  ".join(f"{k} {v:.2f}" for k, v in seconds.items()))
    print(f"peak memory: {peak:.0f} MB")
    if target:
        target.write_text(json.dumps({"seconds": figures, "peak_mb": peak}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
