"""Make the files of Songlan County anew: `python scenarios/songlan/generate.py [--seed N] [--folder DIR]`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from generator.county import live  # noqa: E402
from generator.write import write_county  # noqa: E402

SEED = 2025


def generate(seed: int, folder: str | Path) -> None:
    """Write the county of one seed into a folder. The map is always the same; births, moves and schooling differ."""
    write_county(live(seed), Path(folder))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--folder", type=Path, default=HERE)
    asked = parser.parse_args()
    generate(asked.seed, asked.folder)


if __name__ == "__main__":
    main()
