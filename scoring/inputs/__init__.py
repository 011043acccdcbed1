"""From a household's facts and a day to the inputs of its score.

An input is known because a record says so, or because a department that was read to its end says
nothing: then it is known that there is none. Of a person who became known after that reading began,
and of a department that was never read, nothing is known.
"""

from scoring.inputs.family import household_on
from scoring.inputs.told import LEFT_DAYS, Family, Person, Silence, Silences, family

__all__ = ["LEFT_DAYS", "Family", "Person", "Silence", "Silences", "family", "household_on"]
