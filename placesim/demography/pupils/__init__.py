"""Who needs a place: rolls, known children and residents brought together by area, year and grade."""
