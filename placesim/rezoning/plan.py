"""The one table of a plan: every area with its school before and after, and why; and what follows from it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from placesim.rezoning.design import Design

KEPT, HOME, PIN, NEARER, ROOM, BALANCE, NEW = "kept", "home", "pin", "nearer", "room", "balance", "new"


def plan_table(design: Design) -> pd.DataFrame:
    """area_id, stage, school_id, previous_school_id, pupils, minutes, minutes_before (blank: not known), moved,
    attached, reason: kept | home (of its school) | pin | nearer | room (the old zone had more pupils than places) |
    balance | new (no zone before)."""
    case, rows = design.case, np.arange(len(design.case.areas))
    zones = np.array([*case.zones, ""], dtype=object)
    minutes = np.where(np.isfinite(case.minutes), case.minutes, np.nan)
    before = np.where(case.present >= 0, minutes[rows, case.present], np.nan)
    return pd.DataFrame(
        {
            "area_id": np.array(case.areas, dtype=object),
            "stage": case.stage,
            "school_id": zones[design.school],
            "previous_school_id": np.array(case.present_ids, dtype=object),
            "pupils": case.pupils,
            "minutes": np.round(minutes[rows, design.school], 1),
            "minutes_before": np.round(before, 1),
            "moved": (case.present >= 0) & (case.present != design.school),
            "attached": design.attached,
            "reason": _reasons(design, minutes[rows, design.school] < before),
        }
    )


def _reasons(design: Design, nearer: np.ndarray) -> np.ndarray:
    case = design.case
    known = case.present >= 0
    load = np.bincount(case.present[known], weights=case.pupils[known], minlength=len(case.zones))
    full = np.where(known, (load > case.places)[case.present], False)
    pinned, home = np.zeros((2, len(case.areas)), dtype=bool)
    pinned[[area for area, zone, _ in case.pins if design.school[area] == zone]] = True
    home[case.home[design.school[case.home] == np.arange(len(case.zones))]] = True
    kept = case.present == design.school
    told = [pinned, home, ~known, kept, nearer, full]
    return np.select(told, [PIN, HOME, NEW, KEPT, NEARER, ROOM], default=BALANCE).astype(object)


def school_table(design: Design) -> pd.DataFrame:
    """Per zone: school_id, places, pupils before and after, utilisation before and after, areas, connected."""
    case, zones = design.case, len(design.case.zones)
    known = case.present >= 0
    before = np.bincount(case.present[known], weights=case.pupils[known], minlength=zones)
    return pd.DataFrame(
        {
            "school_id": np.array(case.zones, dtype=object),
            "places": case.places.astype(np.int64),
            "pupils_before": before.astype(np.int64),
            "pupils": design.load.astype(np.int64),
            "utilisation_before": np.round(before / case.places, 3),
            "utilisation": np.round(design.load / case.places, 3),
            "areas": np.bincount(design.school, minlength=zones),
            "connected": np.bincount(design.school, weights=~design.attached, minlength=zones) == 0,
            "holds_school": design.school[case.home] == np.arange(zones),
        }
    )


def feeders(design: Design) -> pd.DataFrame:
    """Present zones of the stage before that the plan divides among schools: zone, schools, pupils apart from most."""
    case = design.case
    told = pd.DataFrame({"zone": case.feeders, "school": design.school, "pupils": case.pupils})
    split = told[told["zone"] >= 0].groupby(["zone", "school"])["pupils"].sum().reset_index()
    parts = split.groupby("zone")["pupils"].agg(["size", "sum", "max"])
    schools = split.groupby("zone")["school"].agg(lambda at: ", ".join(case.zones[s] for s in at))
    parts = parts[parts["size"] > 1]
    return pd.DataFrame(
        {
            "zone": np.array([case.feeder_zones[z] for z in parts.index], dtype=object),
            "schools": schools[parts.index].to_numpy(dtype=object),
            "pupils_apart": (parts["sum"] - parts["max"]).to_numpy(dtype=np.int64),
        }
    )
