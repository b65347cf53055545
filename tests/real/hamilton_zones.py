"""Hamilton's real catchments as tables of a small county: who lives in whose catchment in 2011 and in 2016."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.spatial.distance import cdist
from toy_run import Toy

from placesim.allocation import whole
from placesim.records import Allocation, Stage, Stages
from placesim.standards.norms import StageNorms

GRADES = ("JK", "SK", "1", "2", "3", "4", "5", "6", "7", "8")
MIDDLE = GRADES.index("6")  # middle schools begin here
STAGES = Stages((Stage("elementary", GRADES, {"en": "Elementary"}, 4),))
YEARS = tuple(range(2011, 2017))
LAST_OLD = 2013  # the plan of 2016, its schools included, holds from the year after: in the middle, the day is unknown
METRES_PER_MINUTE = 60 / 1.3  # on foot, ways longer than the straight line


@dataclass(frozen=True)
class City:
    """units: index dauid, metric; schools: index school_id; zones[year]: area_id, school_id, share."""

    units: gpd.GeoDataFrame
    schools: pd.DataFrame
    zones: Mapping[int, pd.DataFrame]

    def roll(self, year: int) -> pd.Series:
        """Pupils by school, of the schools that were there."""
        return self.schools[f"enrolment_{year}"].dropna()

    def toy(self, parameters: Mapping[str, Any]) -> Toy:
        places = self.schools["capacity_2011"].fillna(self.schools["capacity_2016"]).astype(int)
        rows = [
            {
                "school_id": i, "stage": "elementary", "places": int(places[i]), "x": one.x_utm17n, "y": one.y_utm17n,
                "first_grade": GRADES[_taught(one).start], "last_grade": GRADES[_taught(one).stop - 1],
                "valid_from": LAST_OLD + 1 if one.years == "2016" else None,
                "valid_to": LAST_OLD if one.years == "2011" else None,
            }
            for i, one in zip(self.schools.index, self.schools.itertuples(), strict=True)
        ]  # fmt: skip
        return Toy(
            rows, self._minutes(), self._pupils(), tuple(self.units.index), YEARS,
            tables={"enrolment": self._enrolment(), "catchments": self._catchments()}, parameters=parameters,
            stages=STAGES, norms={"elementary": StageNorms(23, 23, 23)},
        )  # fmt: skip

    def _minutes(self) -> dict[tuple[str, str], float]:
        homes = self.units.geometry.centroid
        away = cdist(np.column_stack([homes.x, homes.y]), self.schools[["x_utm17n", "y_utm17n"]].to_numpy())
        pairs = zip(*np.unravel_index(np.arange(away.size), away.shape), strict=True)
        areas, schools = self.units.index, self.schools.index
        return {(areas[a], schools[s]): float(away[a, s]) / METRES_PER_MINUTE for a, s in pairs}

    def _by_grade(self) -> pd.DataFrame:
        """The roll of 2011 spread evenly over the grades that a school teaches, whole."""
        roll, table = self.roll(2011), pd.DataFrame(0, index=self.schools.index, columns=list(GRADES))
        for n, (school, pupils) in enumerate(roll.items()):
            taught = _taught(self.schools.loc[school])
            even = np.full(taught.stop - taught.start, pupils / (taught.stop - taught.start))
            table.loc[school, list(GRADES[taught])] = whole(even, phase=n * 0.37 % 1)
        return table.loc[roll.index]

    def _enrolment(self) -> list[dict[str, Any]]:
        rolls = self._by_grade()
        rows = [(s, g, int(rolls.loc[s, g])) for s in rolls.index for g in GRADES if rolls.loc[s, g]]
        return [{"school_id": s, "year": 2011, "grade": g, "pupils": n} for s, g, n in rows]

    def _pupils(self) -> dict[tuple[str, str], list[float]]:
        """As many in each grade as the rolls of 2011 hold, living where children aged 5–14 lived in 2006 and, in 2016,
        where those under 15 lived; in between on the way from one to the other."""
        total = self._by_grade().sum()
        old, new = (self.units[c] / self.units[c].sum() for c in ("young_2006", "young_2016"))
        on = np.linspace(0, 1, len(YEARS))
        homes = {a: (1 - on) * old[a] + on * new[a] for a in self.units.index}
        return {(a, g): (homes[a] * total[g]).tolist() for a in homes for g in GRADES}

    def _catchments(self) -> list[dict[str, Any]]:
        spans = {2011: {"valid_to": LAST_OLD}, 2016: {"valid_from": LAST_OLD + 1}}
        return [
            {**row, "stage": "elementary", **spans[year]}
            for year, zones in self.zones.items()
            for row in zones.to_dict("records")
        ]


def city(folder: Path) -> City:
    """The folder zoning_hamilton_on."""
    units = gpd.read_file(folder / "units_da2006.geojson").to_crs("EPSG:26917")
    units.index = pd.Index(units["dauid"].astype(str))
    units["young_2006"] = units[["m_5_9", "m_10_14", "f_5_9", "f_10_14"]].sum(axis=1)
    under_15 = units[["m_0_4", "f_0_4"]].sum(axis=1) + units["young_2006"]
    known = units["pop_0_14_2016"].notna()
    grown = units["pop_0_14_2016"].sum() / under_15[known].sum()
    units["young_2016"] = units["pop_0_14_2016"].fillna(under_15 * grown)  # units without a count: as the city
    schools = pd.read_csv(folder / "schools.csv")
    schools = schools[(schools["system"] == "Public") & (schools["level"] == "Elementary")]
    schools.index = pd.Index([f"{i:g}" for i in schools["school_id"]], name="id")
    polygons = gpd.read_file(folder / "catchments.geojson").to_crs("EPSG:26917")
    polygons.index = pd.Index(polygons["cid"].astype(int))
    return City(units, schools, {year: _zones(units, schools, polygons, year) for year in (2011, 2016)})


def rolls_of(found: Allocation, year: int) -> pd.Series:
    """pupils by school of a year."""
    rows = found.rows()
    return rows[rows["year"] == year].groupby("school_id")["pupils"].sum()


def _zones(units: gpd.GeoDataFrame, schools: pd.DataFrame, polygons: gpd.GeoDataFrame, year: int) -> pd.DataFrame:
    """area_id, school_id, share of the unit's ground in the catchment, that of a shared one divided by capacity."""
    there = schools[schools["years"].str.contains(str(year))]
    there = there.assign(cid=there[f"catchment_{year}"].astype(int), size=there[f"capacity_{year}"])
    alike = [there["cid"], there["serves_elem"], there["serves_mid"]]
    there["part"] = there["size"] / there.groupby(alike)["size"].transform("sum")
    used = polygons.loc[sorted(set(there["cid"])), ["geometry"]]
    left = units[["dauid", "geometry"]].reset_index(drop=True)
    cut = gpd.overlay(left, used.reset_index(), keep_geom_type=True)
    cut["share"] = cut.area / units.area.loc[cut["dauid"].astype(str)].to_numpy()
    cut = cut[cut["share"] > 0.01]  # less is two drawings of one border
    there["school_id"] = there.index
    pairs = cut.merge(there[["school_id", "cid", "part"]], on="cid")
    share = (pairs["share"] * pairs["part"]).clip(upper=1)
    return pd.DataFrame({"area_id": pairs["dauid"].astype(str), "school_id": pairs["school_id"], "share": share})


def _taught(school: Any) -> slice:
    return slice(0 if school.serves_elem else MIDDLE, len(GRADES) if school.serves_mid else MIDDLE)
