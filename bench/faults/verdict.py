"""What a fault did to the people who were talking: the promises, and what was kept of each."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from bench.traffic import Tally

URGENT_SECONDS = 1.0


@dataclass(frozen=True)
class Verdict:
    """One fault. Seconds are real; `recovery` counts from the moment when the fault was lifted, `trouble` from its beginning."""

    fault: str
    done: str
    messages: int
    conversations: int
    lost: int
    doubled: int
    wrong_person: int
    unanswered: int
    urgent: int
    no_help: int
    slowest_urgent: float
    trouble: float
    recovery: float
    seen: Counter[str] = field(default_factory=Counter)
    notes: tuple[str, ...] = ()
    failed: str = ""

    @classmethod
    def of(cls, fault: str, done: str, tally: Tally, began: float, lifted: float, *notes: str) -> Verdict:
        """The verdict over what visitors met; `began` and `lifted` are on the monotonic clock."""
        last = tally.last_trouble(began)
        met = tally.since(began)
        urgent = [one for one in met if one.urgent]
        return cls(
            fault=fault, done=done, messages=len(met), conversations=tally.conversations,
            lost=tally.count("lost"), doubled=tally.count("doubled"), wrong_person=tally.count("wrong person"),
            unanswered=tally.count("unanswered"), urgent=len(urgent), no_help=tally.count("no help"),
            slowest_urgent=max((one.seconds for one in urgent), default=0.0),
            trouble=0.0 if last is None else last - began, recovery=0.0 if last is None else max(0.0, last - lifted),
            seen=Counter(what for one in met for what in one.seen), notes=notes,
        )  # fmt: skip

    @classmethod
    def never_well(cls, fault: str, why: str) -> Verdict:
        """The verdict over a fault that the house did not get over."""
        return cls(
            fault=fault, done="", messages=0, conversations=0, lost=0, doubled=0, wrong_person=0, unanswered=0, urgent=0, no_help=0,
            slowest_urgent=0.0, trouble=0.0, recovery=0.0, failed=f"it never got well: {why}",
        )  # fmt: skip

    @property
    def broken(self) -> list[str]:
        """The promises that were not kept; times are told and not judged, but for urgent help."""
        counts = {
            "conversations lost": self.lost, "answers doubled": self.doubled, "answers to the wrong person": self.wrong_person,
            "messages never answered": self.unanswered, "urgent messages without help": self.no_help,
        }  # fmt: skip
        said = [f"{name}: {count}" for name, count in counts.items() if count]
        if self.failed:
            said.append(self.failed)
        if self.slowest_urgent > URGENT_SECONDS:
            said.append(f"slowest urgent reply: {self.slowest_urgent:.1f} s")
        return said

    @property
    def harmed(self) -> list[str]:
        """The same without any time: what a test may ask on a machine that is busy with something else."""
        return [said for said in self.broken if not said.startswith("slowest")]
