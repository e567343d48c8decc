"""The states of the USA, and the District of Columbia, with their codes, capitals, and the regions of the census."""

from typing import NamedTuple


class AmericanState(NamedTuple):
    abbreviation: str
    fips: str
    name: str
    capital: str
    division: str

    @property
    def region(self) -> str:
        return _REGIONS[self.division]


_REGIONS = {
    "New England": "Northeast",
    "Middle Atlantic": "Northeast",
    "East North Central": "Midwest",
    "West North Central": "Midwest",
    "South Atlantic": "South",
    "East South Central": "South",
    "West South Central": "South",
    "Mountain": "West",
    "Pacific": "West",
}

STATES = [
    AmericanState(*line.strip().split("; "))
    for line in """
    AL; 01; Alabama; Montgomery; East South Central
    AK; 02; Alaska; Juneau; Pacific
    AZ; 04; Arizona; Phoenix; Mountain
    AR; 05; Arkansas; Little Rock; West South Central
    CA; 06; California; Sacramento; Pacific
    CO; 08; Colorado; Denver; Mountain
    CT; 09; Connecticut; Hartford; New England
    DE; 10; Delaware; Dover; South Atlantic
    DC; 11; District of Columbia; Washington; South Atlantic
    FL; 12; Florida; Tallahassee; South Atlantic
    GA; 13; Georgia; Atlanta; South Atlantic
    HI; 15; Hawaii; Honolulu; Pacific
    ID; 16; Idaho; Boise; Mountain
    IL; 17; Illinois; Springfield; East North Central
    IN; 18; Indiana; Indianapolis; East North Central
    IA; 19; Iowa; Des Moines; West North Central
    KS; 20; Kansas; Topeka; West North Central
    KY; 21; Kentucky; Frankfort; East South Central
    LA; 22; Louisiana; Baton Rouge; West South Central
    ME; 23; Maine; Augusta; New England
    MD; 24; Maryland; Annapolis; South Atlantic
    MA; 25; Massachusetts; Boston; New England
    MI; 26; Michigan; Lansing; East North Central
    MN; 27; Minnesota; Saint Paul; West North Central
    MS; 28; Mississippi; Jackson; East South Central
    MO; 29; Missouri; Jefferson City; West North Central
    MT; 30; Montana; Helena; Mountain
    NE; 31; Nebraska; Lincoln; West North Central
    NV; 32; Nevada; Carson City; Mountain
    NH; 33; New Hampshire; Concord; New England
    NJ; 34; New Jersey; Trenton; Middle Atlantic
    NM; 35; New Mexico; Santa Fe; Mountain
    NY; 36; New York; Albany; Middle Atlantic
    NC; 37; North Carolina; Raleigh; South Atlantic
    ND; 38; North Dakota; Bismarck; West North Central
    OH; 39; Ohio; Columbus; East North Central
    OK; 40; Oklahoma; Oklahoma City; West South Central
    OR; 41; Oregon; Salem; Pacific
    PA; 42; Pennsylvania; Harrisburg; Middle Atlantic
    RI; 44; Rhode Island; Providence; New England
    SC; 45; South Carolina; Columbia; South Atlantic
    SD; 46; South Dakota; Pierre; West North Central
    TN; 47; Tennessee; Nashville; East South Central
    TX; 48; Texas; Austin; West South Central
    UT; 49; Utah; Salt Lake City; Mountain
    VT; 50; Vermont; Montpelier; New England
    VA; 51; Virginia; Richmond; South Atlantic
    WA; 53; Washington; Olympia; Pacific
    WV; 54; West Virginia; Charleston; South Atlantic
    WI; 55; Wisconsin; Madison; East North Central
    WY; 56; Wyoming; Cheyenne; Mountain
    """.strip().splitlines()
]
