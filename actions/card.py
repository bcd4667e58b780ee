"""Ends the journey of the carry card: the code, what it stands for in words, and how to use it; none of it is kept."""

from __future__ import annotations

from typing import Any

from actions.journey import EndJourney, bullets
from actions.turn import Turn
from content.carry import NEEDS, RING, Card, encode, spelled
from content.journeys import Journey


class EndCard(EndJourney):
    """The code is made out of the answers and of what the talk was about, and goes nowhere but into the reply."""

    journey = "card"

    def put_together(self, turn: Turn, journey: Journey) -> tuple[str, list[str]]:
        card = _card(turn, journey)
        code, words = encode(card), journey.words
        parts = (
            f"{journey.end}\n\n{code}",
            f"{words['stands_for']}\n{bullets(_held(turn, journey, card))}",
            words["use"].strip().format(names=spelled(code)),
            words["limits"].strip(),
        )
        return "\n\n".join(parts), []

    def forgotten(self) -> dict[str, Any]:
        # Who needs what, and whether it is safe to ring, is asked anew each time.
        return dict.fromkeys(("card_stage", *(f"card_{need}" for need in NEEDS), "card_ring"))


def _card(turn: Turn, journey: Journey) -> Card:
    stage, ring = turn.slot("card_stage"), turn.slot("card_ring")
    return Card(
        stage=stage if stage in turn.library.journeys.stages else None,
        topics=tuple(turn.covered),
        area=turn.area if turn.area in turn.library.areas else None,
        needs=frozenset(need for need in NEEDS if _line(turn, journey, f"card_{need}")),
        ring=ring if ring in RING else "unsure",
    )


def _held(turn: Turn, journey: Journey, card: Card) -> list[str]:
    """What the card holds, a sentence for each."""
    library, words = turn.library, journey.words["holds"]
    return [
        *([words["stage"].format(stage=library.journeys.stages[card.stage])] if card.stage else []),
        *(words["topic"].format(question=library.topics[topic].question) for topic in card.topics),
        *([words["area"].format(area=library.areas[card.area].name)] if card.area else []),
        *(line for name in (*NEEDS, "ring") if (line := _line(turn, journey, f"card_{name}"))),
    ]


def _line(turn: Turn, journey: Journey, slot: str) -> str:
    """What the code holds for the answer that was given at that step; nothing where it holds nothing."""
    step = next(step for step in journey.steps if step.slot == slot)
    return step.gives.get(turn.slot(slot) or "skipped", "")
