"""Invented wire stories and what editors make of them, for the tests of the engine."""

from __future__ import annotations

from ingest.dedup.comparable import Comparable
from ingest.dedup.fingerprint import fingerprint

STORY = (
    "The mountain town of Velmar was cut off on Monday after a landslide buried the only road through the valley.",
    "Rescue crews with dogs searched four collapsed barns until nightfall and found nobody under the rubble.",
    "Mayor Irena Kostova said 320 residents had been taken to a school in the lower village of Dornach.",
    "Geologists had warned in spring that heavy rain could loosen the slope above the old slate quarry.",
    "The railway operator stopped all trains on the northern line and sent buses to three stations.",
    '"We heard a roar like an engine, and then the lights went out," baker Tomas Adler told reporters.',
    "Engineers expect to clear one lane by Thursday if the weather stays dry, the transport ministry said.",
    "The government released 2.5 million crowns for shelter, food and the repair of the water main.",
    "A similar slide closed the same road for eleven days in 2009 and cost the region its apple harvest.",
    "Volunteers from neighbouring districts brought blankets, generators and two mobile kitchens overnight.",
    "Schools in the valley will stay shut until engineers have inspected every bridge below the quarry.",
    "The army flew in a field hospital, though doctors said they had treated only bruises and shock so far.",
)

OTHER_STORY = (
    "Fishermen in the port of Halloway blocked the harbour entrance on Tuesday in a dispute over herring quotas.",
    "Around 60 boats formed a line across the channel and turned back a ferry with holidaymakers on board.",
    "The fisheries agency cut this year's quota by a third after a survey found fewer young fish in the strait.",
    "Skipper Ronan Mercer said families could not live on what the new limits left them.",
    "Scientists at the marine institute replied that without a pause the stock might take a decade to recover.",
    "Police launches kept their distance, and the harbour master spoke of a peaceful if noisy morning.",
    "Canneries along the coast warned that two hundred seasonal jobs depended on the autumn catch.",
    "The minister invited both sides to talks in the capital on Friday and asked for the channel to be opened.",
    "A blockade eight years ago ended after the state paid for engines that burn less fuel.",
    "Restaurants in Halloway served mussels instead and hung the flags of the fleet in their windows.",
)

LOCAL = (
    "Readers of this paper can bring spare clothing to the fire station on Linden Street until six o'clock.",
    "The district council will discuss the condition of our own quarry road at its meeting next week.",
    "Two families from the upper hamlets are staying with relatives in town, the parish priest said.",
    "Our reporter found the bridge at Oster mill open to light traffic on Wednesday morning.",
    "The choir has moved its spring concert, and tickets stay valid for the later date.",
)

# Further subjects, a sentence for every number: nothing of one stands in another.
NOVEL = tuple(f"In chapter {n} the narrator recalls winter number {n} in the house by the lake." for n in range(2, 12))
RECIPE = tuple(f"Dough {n} asks for {n} spoons of rye flour, soft butter and some patience." for n in range(2, 12))
ORCHARD = tuple(f"Frost that came overnight cost farm {n} about {n * 3} of its apple trees." for n in range(2, 12))
RACE = tuple(f"Rider {n} of the hill race finished {n * 4} seconds behind a tired winner." for n in range(2, 12))


def text(*sentences: str) -> str:
    """A page's text, a sentence a line."""
    return "\n".join(sentences)


def ready(body: str) -> Comparable:
    """A text ready to be compared."""
    return Comparable(fingerprint(body))
