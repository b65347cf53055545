"""The cohort-component step written once more, slowly and in textbook order: the twin of the kernel."""

from __future__ import annotations

import numpy as np

from placesim.demography.residents.cohort import Rates


def project_population_plain(base, rates: Rates, *, migration="end"):
    """(population, births, deaths) by numpy, one step after the other; `base` and `rates` are taken as right."""
    population = [np.array(base, dtype=float)]
    births, deaths = [], []
    for step in range(len(rates.net_migrants)):
        migrants = np.asarray(rates.net_migrants[step], dtype=float)
        half = migrants / 2 if migration == "even" else np.zeros_like(migrants)
        start = population[-1] + half

        exposed = np.zeros_like(start)  # by age at the end of the step
        exposed[..., 1:] = start[..., :-1]
        exposed[..., -1] += start[..., -1]
        survivors = exposed * rates.survival[step]

        women = (start[:, 0] + survivors[:, 0] + half[:, 0]) / 2
        born = rates.step_years * (women * rates.fertility[step])[:, 1:-1].sum(axis=1)
        girls = born / (1 + rates.males_per_female_birth[step])
        exposed[..., 0] = np.stack([girls, born - girls], axis=-1)
        survivors = exposed * rates.survival[step]

        births.append(exposed[..., 0].copy())
        deaths.append(exposed - survivors)
        population.append(survivors + migrants - half)
    return np.array(population), np.array(births), np.array(deaths)
