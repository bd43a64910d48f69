"""What stories are made of: how often they are told, and what is right in the end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from tests.equipment.shipstation.rows import Label
from tests.equipment.world import Site

EVERYWHERE = ("acme", "beta", "gamma")
ANY_REASON = "any reason"
Story = Callable[[Any, Site, datetime], None]  # the first is the `Week`, which knows what stands here
Bought = list[int]  # holds a label's id from the moment it is bought


@dataclass(frozen=True)
class Plot:
    """A story, where it may be told, how often in a week, and in every how many weeks."""

    story: Story
    sites: tuple[str, ...] = EVERYWHERE
    times: int = 1
    every: int = 1


@dataclass
class Telling:
    """One telling of a story: met once all that was planned was done, and what it needed beside was so."""

    name: str
    planned: int = 0
    done: int = 0
    conditions: list[Callable[[], bool]] = field(default_factory=list)

    @property
    def is_met(self) -> bool:
        return self.done == self.planned and all(condition() for condition in self.conditions)


@dataclass
class Expectation:
    """The truth about one IFS shipment. `labels` left the house with its goods, in the order they were bought; so did
    the goods of `marks`, by hand. `attribute` holds the tracking numbers. `free_at` is when nothing hinders any more.
    """

    site: Site
    kind: str
    shipment_id: int
    labels: list[int] = field(default_factory=list)
    marks: list[int] = field(default_factory=list)
    attribute: str = "ProNo"
    typed: str | None = None
    prefix: tuple[str, ...] = ()
    note: str | None = None
    carrier_before: str | None = None
    carriers: Mapping[str, str] = field(default_factory=dict)  # beside those of every week
    carrier_typed: str | None = None
    is_untouchable: bool = False
    is_date_frozen: bool = False
    appeared_at: datetime | None = None
    free_at: datetime | None = None
    unless: str | None = None
    overwrites: bool = False  # by a policy of its own
    is_adopted: bool = False  # a person said that the number which stood there was ours
    overruled_at: datetime | None = None  # a person had our number written over the one that stood there then
    is_timed: bool = True
    day_in: str | None = None  # the zone in which the label's instant is the ship date


@dataclass
class Fields:
    """`read` is what stands in IFS, `expected` what should, by the labels that stand for it. Neither this nor an
    expectation is judged where one of its labels is parked for the reason `unless`.
    """

    site: Site
    kind: str
    read: Callable[[], dict[str, Any]]
    expected: Callable[[Sequence[Label]], dict[str, Any]]
    labels: list[int] = field(default_factory=list)
    unless: str | None = None


@dataclass
class Pushed:
    """An IFS shipment that becomes a ShipStation order. `told`: a person is called for it in the end, for one of these
    reasons; `may_tell`: perhaps.
    """

    site: Site
    expectation: Expectation
    told: tuple[str, ...] = ()
    may_tell: tuple[str, ...] = ()

    @property
    def shipment_id(self) -> int:
        return self.expectation.shipment_id


@dataclass
class Sold:
    """A customer order that becomes ShipStation orders, by its number. `told` and `may_tell` as above."""

    site: Site
    kind: str
    number: str
    told: tuple[str, ...] = ()
    may_tell: tuple[str, ...] = ()


class Either:
    """Stands for any of some values in an expectation."""

    def __init__(self, *values: object) -> None:
        self.values = values

    def __eq__(self, other: object) -> bool:
        return other in self.values

    def __hash__(self) -> int:
        return hash(self.values)

    def __repr__(self) -> str:
        return " or ".join(map(repr, self.values))


class Labelled(Protocol):
    labels: list[int]


def twice(stories: Mapping[str, Story], only: Mapping[str, Iterable[str]] | None = None) -> dict[str, Plot]:
    return {name: Plot(story, tuple((only or {}).get(name, EVERYWHERE)), times=2) for name, story in stories.items()}
