from vitrine.market.states_page import table_of_states

HEADINGS = "<tr><th>Name[1]</th><th> USPS </th><th>FIPS<br>code</th><th>Region</th><th>Flower</th></tr>"


def test_the_first_table_with_all_columns_is_read() -> None:
    html = f"""
    <table><tr><th>State</th><th>Area</th></tr><tr><td>Nowhere</td><td>1</td></tr></table>
    <table>{HEADINGS}<tr><td>Ohio<sup>[a]</sup></td><td>OH</td><td>39</td><td>Mid
    west</td><td>Carnation</td></tr></table>
    <table>{HEADINGS}<tr><td>Utah</td><td>UT</td><td>49</td><td>West</td><td>Lily</td></tr></table>
    """
    assert table_of_states(html) == [
        {"state": "Ohio", "abbreviation": "OH", "fips": "39", "region": "Mid west"},
    ]


def test_a_line_that_is_too_short_lacks_its_last_columns() -> None:
    rows = table_of_states(f"<table>{HEADINGS}<tr><td>Ohio</td><td>OH</td></tr></table>")
    assert rows == [{"state": "Ohio", "abbreviation": "OH"}]


def test_a_page_without_such_a_table_has_no_rows() -> None:
    for html in ("", "<p>404", "<table></table>", "<table><tr><th>State</th><th>Region</th></tr></table>", '{"a": 1}'):
        assert table_of_states(html) == []
