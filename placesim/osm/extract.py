"""An OpenStreetMap extract as GDAL's OSM driver in pyogrio reads it: tags as columns, shapes in longitude and latitude.

The driver says nothing of a file that is cut short or damaged, it stops; so `check_whole` reads the file first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyogrio
import shapely
from numpy.typing import NDArray
from pyogrio.errors import DataLayerError, DataSourceError

from placesim.errors import Finding, InputError
from placesim.messages import describe
from placesim.osm.refs import DamagedError, ForeignError, node_refs
from placesim.records import Ints

CRS = "EPSG:4326"
PER_DEGREE = 1e7  # OpenStreetMap keeps coordinates in steps of 1e-7 degrees
_ROWS = 65_536  # rows held at once while nodes are looked through


class ExtractError(InputError):
    """A file that gives no network or no tables; `finding` says why in both languages."""

    def __init__(self, code: str, path: Path):
        self.finding = Finding(code, file=str(path), value=path.name)
        super().__init__("path", describe(self.finding, "en")[0], value=str(path))


def as_path(path: str | Path) -> Path:
    """Raises InputError for what is no path."""
    if not isinstance(path, (str, Path)):
        raise InputError("path", "must be the path of an OpenStreetMap extract", value=type(path).__name__)
    return Path(path)


def check_whole(path: Path) -> None:
    """Raises ExtractError: no file (E631), no extract (E632), cut short or damaged (E633)."""
    refs_of(path, frozenset())


def refs_of(path: Path, ways: frozenset[int]) -> dict[int, Ints]:
    """way → the ids of its nodes in order. Raises ExtractError as `check_whole` does."""
    try:
        return node_refs(path, ways)
    except OSError as error:
        raise ExtractError("E631", path) from error
    except ForeignError as error:
        raise ExtractError("E632", path) from error
    except DamagedError as error:
        raise ExtractError("E633", path) from error


def features(path: Path, layer: str, columns: Sequence[str], where: str) -> tuple[pd.DataFrame, NDArray[np.object_]]:
    """(tags as text with None, shapes) of a layer's features; what GEOS cannot build is a missing shape."""
    batches = list(_batches(path, layer, columns, where))
    if not batches:
        return pd.DataFrame(columns=list(columns), dtype=object), np.zeros(0, dtype=object)
    table = pa.Table.from_batches(batches)
    tags = pd.DataFrame({c: table[c].to_numpy(zero_copy_only=False) for c in columns}, dtype=object)
    return tags, _shapes(table["wkb_geometry"])


def nodes_in_chunks(path: Path) -> Iterator[tuple[Ints, Ints, NDArray[np.bool_]]]:
    """(ids, cells of their coordinates as in `cells`, whether rails cross there) of every node, some at a time."""
    for batch in _batches(path, "points", ("osm_id", "railway"), None):
        ids = batch["osm_id"].cast(pa.int64()).to_numpy(zero_copy_only=False)
        railway = pd.Series(batch["railway"].to_numpy(zero_copy_only=False), dtype=object)
        crossing = railway.isin(["level_crossing", "crossing"]).to_numpy()
        yield ids, cells(shapely.get_coordinates(_shapes(batch["wkb_geometry"]))), crossing


def cells(coordinates: NDArray[np.float64]) -> Ints:
    """One whole number per position (longitude, latitude), the same for positions that round to the same 1e-7°."""
    steps = np.floor(coordinates * PER_DEGREE + 0.5).astype(np.int64)  # rounded as the driver rounds
    return steps[:, 0] * 2**32 + steps[:, 1]


def _batches(path: Path, layer: str, columns: Sequence[str], where: str | None) -> Iterator[pa.RecordBatch]:
    with _configuration() as file:
        try:
            with pyogrio.open_arrow(
                path, layer=layer, columns=list(columns), where=where, batch_size=_ROWS, use_pyarrow=True,
                CONFIG_FILE=str(file),
            ) as (_, reader):  # fmt: skip
                yield from reader
        except (DataSourceError, DataLayerError) as error:
            raise ExtractError("E632", path) from error


@contextmanager
def _configuration() -> Iterator[Path]:
    with resources.as_file(resources.files(__package__).joinpath("osmconf.ini")) as file:
        yield file


def _shapes(wkb: pa.Array | pa.ChunkedArray) -> NDArray[np.object_]:
    shapes: NDArray[np.object_] = shapely.from_wkb(wkb.to_numpy(zero_copy_only=False), on_invalid="ignore")
    return shapes
