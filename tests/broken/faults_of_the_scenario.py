"""Faults of base.toml: its keys and its changes, one each."""

from __future__ import annotations

from fault import SCENARIO, Fault, added, bytes_of, in_scenario, said


def change(name: str, code: str, text: str, value: str) -> Fault:
    """One more change that cannot be carried out; the finding names its table."""
    return Fault(name, added(f"[change.{name}]\n{text}"), code, SCENARIO, f"[change.{name}]", f"change.{name}", value)


def key(name: str, code: str, text: str, wrong: tuple[str, str]) -> Fault:
    """A change whose key is refused before any data are read: (key, value)."""
    at, value = wrong
    return Fault(name, added(f"[change.{name}]\n{text}"), code, SCENARIO, f"[change.{name}]", f"change.{name}{at}",
                 value)  # fmt: skip


KEYS = (
    in_scenario("key_unknown", said("ride_wait = 5.0", "ride_waits = 5.0"), "E103",
                ("ride_waits", "travel.ride_waits")).shown("5.0"),
    in_scenario("key_missing", said("base_year = 2025\n", ""), "E104", ("[calendar]", "calendar.base_year")),
    in_scenario("number_in_quotes", said("horizon = 15", 'horizon = "15"'), "E105",
                ('"15"', "calendar.horizon")).shown('"15"'),
    in_scenario("speed_below_zero", said("ride_speed = 20.0", "ride_speed = -20.0"), "E106",
                ("-20.0", "travel.ride_speed")).shown("-20.0"),
    in_scenario("rule_unknown", said('rule = "transport"', 'rule = "closest"'), "E107",
                ('"closest"', "allocation.rule")).shown("closest"),
    in_scenario("date_without_its_form", said('system = "cn-6-3-3"', 'system = "cn-6-3-3"\nreference_date = "8月31日"'),
                "E109", ("reference_date", "calendar.reference_date")).shown("8月31日"),
    in_scenario("rule_pack_unknown", said('pack = "cn-national"', 'pack = "cn-nation"'), "E110",
                ('"cn-nation"', "standards.pack")).shown("cn-nation"),
    in_scenario("school_system_unknown", said('system = "cn-6-3-3"', 'system = "cn-6-3"'), "E123",
                ('"cn-6-3"', "calendar.system")).shown("cn-6-3"),
    in_scenario("stage_of_a_setting_unknown", said('rule = "transport"', 'rules = { "小学" = "nearest" }'), "E128",
                ("rules = {", "allocation.rules.小学")).shown("小学"),
    in_scenario("stage_without_grades", said("[report]", '[[stage]]\nid = "college"\n\n[report]'), "E127",
                ("[[stage]]", "stage.0")).shown("college").times(2),
    in_scenario("grade_of_two_stages", said("[report]", '[[stage]]\nid = "senior"\ngrades = ["G9", "G10"]\n\n[report]'),
                "E131", ("[[stage]]", "stage.0")).shown("G9"),
    Fault("stage_without_class_sizes",
          said("[report]", '[[stage]]\nid = "college"\ngrades = ["C1"]\nage_of_first_grade = 18\n\n[report]'),
          "E129", SCENARIO, "[standards]", "standards.college", "college"),
    Fault("quote_missing", said('name = "songlan"', 'name = "songlan'), "E101", SCENARIO, 'name = "songlan', None),
    Fault("scenario_in_gbk", bytes_of(SCENARIO, lambda data: data.decode().encode("gb18030")), "E100", SCENARIO, 1,
          None),
    Fault("base_of_the_scenario_missing", said("schema = 1\n", 'schema = 1\nextends = "../china.toml"\n'), "E102",
          SCENARIO, "china.toml", "extends", "../china.toml"),
    Fault("delay_of_an_unknown_development", added("[housing]\ndelay_years = { D99 = 2 }"), "E324", SCENARIO,
          "D99 = 2", "housing.delay_years.D99", "D99"),
)  # fmt: skip

REFUSED_KEYS = (
    key("kind_unknown", "E108", 'kind = "enlarge"\nschool = "P01"\nyear = 2027\nrooms = 6', ("", "enlarge")),
    key("temporary_without_an_end", "E104", 'kind = "lease"\nschool = "P01"\nyear = 2027\nrooms = 6', (".until", "")),
    key("ends_before_it_starts", "E120", 'kind = "lease"\nschool = "P01"\nyear = 2027\nuntil = 2026\nrooms = 6',
        ("", "lease")),
    key("school_without_a_place", "E121",
        'kind = "open"\nschool = "N07"\nname = "New"\nstages = ["primary"]\nyear = 2027\nrooms = 6', ("", "open")),
)  # fmt: skip

CHANGES = (
    change("school_of_a_change_unknown", "E400", 'kind = "expand"\nschool = "P99"\nyear = 2027\nrooms = 6', "P99"),
    change("site_unknown", "E401", 'kind = "open"\nschool = "N07"\nname = "New"\nstages = ["primary"]\nsite = "L99"\n'
           "year = 2027\nrooms = 12", "L99"),
    change("zone_unknown", "E402", 'kind = "rezone"\nstage = "primary"\nareas = ["099101999"]\nschools = ["P01"]\n'
           "year = 2027", "099101999"),
    change("stage_unknown", "E403", 'kind = "convert"\nschool = "P01"\nfrom_stage = "primary"\nto_stage = "middle"\n'
           "year = 2027", "middle"),
    change("school_closed", "E404", 'kind = "expand"\nschool = "T12"\nyear = 2028\nrooms = 2', "T12"),
    change("school_not_yet_open", "E405", 'kind = "expand"\nschool = "P22"\nyear = 2026\nrooms = 2', "P22"),
    change("before_the_base_year", "E406", 'kind = "expand"\nschool = "P01"\nyear = 2020\nrooms = 6', "2020"),
    change("more_rooms_than_there_are", "E408", 'kind = "reduce"\nschool = "P07"\nyear = 2027\nrooms = 9', "P07"),
    change("stage_taught_already", "E409", 'kind = "convert"\nschool = "N01"\nfrom_stage = "primary"\n'
           'to_stage = "junior"\nyear = 2027', "N01"),
    change("stage_not_taught", "E410", 'kind = "rezone"\nstage = "senior"\nareas = ["099101001"]\nschools = ["P01"]\n'
           "year = 2027", "P01"),
    change("merged_into_itself", "E411", 'kind = "merge"\nschools = ["T01"]\ninto = "T01"\nyear = 2027', "T01"),
    change("id_taken", "E412", 'kind = "open"\nschool = "P01"\nname = "New"\nstages = ["primary"]\nsite = "L02"\n'
           "year = 2029\nrooms = 12", "P01"),
    change("receiver_closed", "E413", 'kind = "close"\nschool = "T01"\nreceivers = ["T12"]\nyear = 2028', "T12"),
    change("receiver_of_another_stage", "E414", 'kind = "close"\nschool = "T01"\nreceivers = ["J01"]\nyear = 2028',
           "J01"),
    change("never_suspended", "E416", 'kind = "reopen"\nschool = "P01"\nyear = 2028', "P01"),
    change("kind_not_built_yet", "E418", 'kind = "board"\nschool = "N02"\nbeds = 60\nyear = 2027', "board"),
    change("public_school_bought", "E419", 'kind = "buy_places"\nschool = "P01"\nstage = "primary"\nplaces = 45\n'
           "year = 2026\nuntil = 2028", "P01"),
    change("campus_in_the_sea", "E420", 'kind = "open"\nschool = "N07"\nname = "New"\nstages = ["primary"]\nx = 123.5\n'
           "y = 30.1\nyear = 2027\nrooms = 12", "123.5, 30.1"),
)  # fmt: skip

FAULTS = (*KEYS, *REFUSED_KEYS, *CHANGES)

WARNINGS = (
    change("after_the_last_year", "W400", 'kind = "expand"\nschool = "P01"\nyear = 2050\nrooms = 6', "2050"),
    change("site_not_ready", "W402", 'kind = "open"\nschool = "N07"\nname = "New"\nstages = ["primary"]\nsite = "L02"\n'
           "year = 2026\nrooms = 12", "L02"),
)  # fmt: skip
