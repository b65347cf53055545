"""The step of sampled futures written once more, for all draws and areas at once and in textbook order: the twin."""

from __future__ import annotations

import numpy as np

from placesim.demography.residents.futures import Central, Futures


def project_futures_plain(central: Central, futures: Futures, *, ages: int) -> np.ndarray:
    """residents[draw, area, year, age < ages]; the arguments are taken as right."""
    draws, steps = futures.fertility.shape
    people = np.repeat(central.base[None], draws, axis=0)  # [draw, area, sex, age]
    years = [people.sum(axis=2)]
    for step in range(steps):
        people = moved(people, central, futures, step)
        people = housed(people, central, futures, step)
        people = people * central.residents_factor[:, step, None, None]
        years.append(people.sum(axis=2))
    return np.stack(years, axis=2)[..., :ages]


def moved(people, central: Central, futures: Futures, step: int) -> np.ndarray:
    rates, still = central.rates, np.zeros_like(people)
    leaving = np.minimum(rates.out_rate[step] - futures.migration[:, step, None, None, :], 1.0)
    coming = rates.in_count[step] * futures.newcomers[:, step, None, None, None]
    leavers = leaving * year(people, still, still, central, futures, step)
    if central.timing == "end":
        return year(people, still, coming - leavers, central, futures, step)
    leavers[..., 0] /= 2
    half = (coming - np.minimum(leavers, people)) / 2
    return year(people, half, half, central, futures, step)


def year(people, at_start, at_end, central: Central, futures: Futures, step: int) -> np.ndarray:
    """One year with migrants at its start and at its end. Women at the end count those of `at_end` only where some of
    them come at the start."""
    rates = central.rates
    start = people + at_start
    exposed = np.zeros_like(start)
    exposed[..., 1:] = start[..., :-1]
    exposed[..., -1] += start[..., -1]
    women = (start[:, :, 0] + (exposed * rates.survival[step])[:, :, 0] + at_start[:, :, 0]) / 2
    fertility = rates.fertility[step] * central.fertility_factor[:, step, None]
    born = (women * fertility)[..., 1:-1].sum(axis=-1) * futures.fertility[:, step, None]
    girls = born / (1 + rates.males_per_female_birth[step])
    exposed[..., 0] = np.stack([girls, born - girls], axis=-1)
    return np.maximum(exposed * rates.survival[step] + at_end, 0)


def housed(people, central: Central, futures: Futures, step: int) -> np.ndarray:
    homes = futures.homes
    arriving = np.repeat(central.housing[None, :, step], len(people), axis=0)
    staying = np.repeat(central.staying[None, :, step], len(people), axis=0)
    for d, area in enumerate(homes.area):
        if area < 0:
            continue
        persons = np.repeat(homes.persons[d][None] / 2, 2, axis=0)  # [sex, age]
        elsewhere = central.settled[:, step].sum(axis=0) - central.settled[area, step]
        inside = homes.inside_share[d, step] * persons
        opened = homes.dwellings[:, d, step, None, None]
        arriving[:, area] += opened * np.where(elsewhere > 1e-9, persons, persons - inside)
        others = [a for a in range(people.shape[1]) if a != area]
        taken = np.where(elsewhere > 1e-9, inside / np.where(elsewhere > 1e-9, elsewhere, 1.0), 0.0)
        staying[:, others] -= (opened * taken)[:, None]
    return np.maximum(people * np.maximum(staying, 0) + arriving, 0)
