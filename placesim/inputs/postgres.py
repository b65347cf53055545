"""A connection to a PostgreSQL database, and what its PostGIS knows of coordinate systems."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pyproj
from pyproj.exceptions import CRSError

from placesim.errors import PlacesimError, masked
from placesim.messages import labels

if TYPE_CHECKING:
    import psycopg

SCHEMES: Final = ("postgresql://", "postgres://")
CONNECT_SECONDS: Final = 10
MASK: Final = "***"  # a password that was masked when the address was handed on: libpq looks for its own
_SECRET = re.compile(r"://[^:/@\s]*:(.*)@", re.DOTALL)
_UNENCODED = re.compile(r"[@/?#\s]|%(?![0-9A-Fa-f]{2})")
_EXTENSION: Final = """
SELECT n.nspname, array_agg(t.oid::bigint)
FROM pg_extension e
JOIN pg_namespace n ON n.oid = e.extnamespace
JOIN pg_depend d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
JOIN pg_type t ON d.classid = 'pg_type'::regclass AND t.oid = d.objid AND t.typname IN ('geometry', 'geography')
WHERE e.extname = 'postgis'
GROUP BY n.nspname
"""


class NoConnection(PlacesimError):
    """No connection came about: the finding's code (E262 no driver, E263 refused) and facts."""

    def __init__(self, code: str, facts: Mapping[str, Any]):
        super().__init__(code)
        self.code, self.facts = code, facts


@dataclass(frozen=True)
class PostGIS:
    """The extension as it is installed in one database."""

    schema: str
    types: frozenset[int]  # oids of geometry and geography


def is_address(path: str) -> bool:
    """Whether the path of an input is the address of a database rather than a file."""
    return path.lower().startswith(SCHEMES)


def connect(address: str) -> psycopg.Connection[Any]:
    """Open a connection as libpq would (PGPASSWORD, ~/.pgpass, PGSERVICE, sslmode=…). Raises NoConnection."""
    try:
        import psycopg
    except ImportError:
        raise NoConnection("E262", {}) from None
    settings = _settings(address)
    try:
        return psycopg.connect(**{"connect_timeout": CONNECT_SECONDS, **settings, "client_encoding": "utf8"})
    except (psycopg.Error, OSError, ValueError) as error:
        raise NoConnection("E263", {"reason": reason(error)}) from None


def _settings(address: str) -> dict[str, Any]:
    """The parts of an address. What libpq says of a malformed one is not told: it may quote the password."""
    from psycopg import Error
    from psycopg.conninfo import conninfo_to_dict

    secret = _SECRET.search(address)
    try:
        if secret and _UNENCODED.search(secret.group(1)):
            raise ValueError
        settings = conninfo_to_dict(address[: address.index(":")].lower() + address[address.index(":") :])
    except (Error, ValueError):
        raise NoConnection("E263", {"reason": labels("postgis.address")}) from None
    return {key: value for key, value in settings.items() if (key, value) != ("password", MASK)}


def reason(error: Exception) -> str:
    """What the server or the network says, on one line."""
    said = getattr(getattr(error, "diag", None), "message_primary", None) or str(error)
    return masked(" ".join(said.split()))[:200]


def postgis(connection: psycopg.Connection[Any]) -> PostGIS | None:
    """The PostGIS of a database; None where it is not installed there."""
    row = connection.execute(_EXTENSION).fetchone()
    return PostGIS(row[0], frozenset(row[1])) if row else None


def coordinate_system(connection: psycopg.Connection[Any], schema: str, srid: int) -> pyproj.CRS | None:
    """What a SRID means in this database; None for 0 and for one that nobody knows."""
    from psycopg.sql import SQL, Identifier

    query = SQL("SELECT auth_name, auth_srid, srtext, proj4text FROM {} WHERE srid = %s")
    row = connection.execute(query.format(Identifier(schema, "spatial_ref_sys")), (srid,)).fetchone()
    authority = f"{row[0]}:{row[1]}" if row and row[0] and row[1] else f"EPSG:{srid}"
    for text in (authority, *(row[2:] if row else ())):
        try:
            return pyproj.CRS.from_user_input(text)
        except CRSError:
            continue
    return None
