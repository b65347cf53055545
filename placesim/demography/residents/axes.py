"""The axes of residents: single ages and sexes."""

from __future__ import annotations

from typing import Final

from placesim.vocabulary import SEXES

OLDEST: Final = 100  # the last age, open: 100+
AGES: Final = OLDEST + 1
BOTH: Final = len(SEXES)  # position of rows that hold both sexes together
SEX_CODES: Final = (*SEXES, "both")
