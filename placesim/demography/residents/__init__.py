"""Who lives where: population, rates, births, moves and housing, year by year."""
