"""A conversation's tracker that gives Rasa's states without building a whole tracker for every earlier moment."""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from itertools import islice
from typing import Any

from rasa.shared.core.domain import Domain, State
from rasa.shared.core.events import ActionExecuted, Event
from rasa.shared.core.slots import Slot
from rasa.shared.core.trackers import DialogueStateTracker


class Conversation(DialogueStateTracker):
    """Rasa's tracker, slower parts replaced by ones that give the same.

    Policies look at the states of a conversation several times for every action. They are worked out once for each
    moment, and only with the slots that can show in them.
    """

    def __init__(self, sender_id: str, slots: Iterable[Slot] | None, *args: Any, **settings: Any) -> None:
        super().__init__(sender_id, [], *args, **settings)
        self.slots = {slot.name: _copied(slot) for slot in slots or ()}
        self._reset_slots()
        self._moment: tuple[int, int] = (-1, -1)
        self._applied: list[Event] = []
        self._states: dict[Any, list[State]] = {}
        self._settled: tuple[int, int] | None = None

    def settle(self) -> None:
        """Notes that what comes next is certain at this moment."""
        self._look()
        self._settled = self._moment

    @property
    def is_settled(self) -> bool:
        """Whether what comes next was found to be certain at this very moment."""
        self._look()
        return self._settled == self._moment

    def init_copy(self) -> Conversation:
        """As the parent does."""
        return type(self)(
            self.sender_id, self.slots.values(), self._max_event_history, self.sender_source, is_rule_tracker=self.is_rule_tracker
        )

    def copy(self) -> Conversation:
        """As the parent does, without going through every event again."""
        twin = type(self)(self.sender_id, None, self._max_event_history, self.sender_source, is_rule_tracker=self.is_rule_tracker)
        twin.slots = {name: _copied(slot) for name, slot in self.slots.items()}
        twin.events = deque(self.events, self._max_event_history)
        twin.latest_action = dict(self.latest_action) if self.latest_action is not None else None
        twin.latest_message, twin.latest_bot_utterance = self.latest_message, self.latest_bot_utterance
        twin.followup_action, twin._paused = self.followup_action, self._paused
        twin.active_loop = dataclasses.replace(self.active_loop) if self.active_loop else None
        return twin

    def applied_events(self) -> list[Event]:
        """As the parent does, once for each moment."""
        self._look()
        return list(self._applied)

    def past_states(
        self,
        domain: Domain,
        omit_unset_slots: bool = False,
        ignore_rule_only_turns: bool = False,
        rule_only_data: dict[str, Any] | None = None,
    ) -> list[State]:
        """As the parent does, once for each moment. Policies change what they are given, so each gets a copy."""
        self._look()
        asked = (id(domain), omit_unset_slots, ignore_rule_only_turns, id(rule_only_data) if ignore_rule_only_turns else 0)
        if asked not in self._states:
            self._states[asked] = super().past_states(domain, omit_unset_slots, ignore_rule_only_turns, rule_only_data)
        return [{kind: dict(part) for kind, part in state.items()} for state in self._states[asked]]

    def generate_all_prior_trackers(self) -> Generator[tuple[DialogueStateTracker, bool], None, None]:
        """As the parent does, with only those slots that show in a state."""
        past = _Past(self.sender_id, [slot for slot in self.slots.values() if slot.influence_conversation])
        for event in self.applied_events():
            if isinstance(event, ActionExecuted):
                yield past, event.hide_rule_turn
            event.apply_to(past)
        yield past, False

    def lately(self, most: int) -> Lately:
        """This conversation for a policy that looks at no more than its `most` latest states."""
        return Lately(self, most)

    def latest_states(self, domain: Domain, omit_unset_slots: bool, most: int) -> list[State]:
        """The last `most` of the past states, once for each moment."""
        self._look()
        asked = (id(domain), omit_unset_slots, most)
        if asked not in self._states:
            self._states[asked] = domain.states_for_tracker_history(self.lately(most), omit_unset_slots)
        return [{kind: dict(part) for kind, part in state.items()} for state in self._states[asked]]

    def _look(self) -> None:
        moment = (len(self.events), id(self.events[-1]) if self.events else 0)
        if moment != self._moment:
            self._moment, self._applied, self._states = moment, super().applied_events(), {}


class Lately:
    """What Rasa asks a tracker for when it makes states of it."""

    def __init__(self, whole: Conversation, most: int) -> None:
        self._whole, self._most = whole, most

    def past_states(
        self,
        domain: Domain,
        omit_unset_slots: bool = False,
        ignore_rule_only_turns: bool = False,
        rule_only_data: dict[str, Any] | None = None,
    ) -> list[State]:
        """The latest of the conversation's own; all of them where turns are left out, because then each depends on others."""
        if ignore_rule_only_turns:
            return self._whole.past_states(domain, omit_unset_slots, ignore_rule_only_turns, rule_only_data)
        return self._whole.latest_states(domain, omit_unset_slots, self._most)

    def generate_all_prior_trackers(self) -> Iterator[tuple[DialogueStateTracker, bool]]:
        """The latest moments."""
        moments = 1 + sum(isinstance(event, ActionExecuted) for event in self._whole.applied_events())
        return islice(self._whole.generate_all_prior_trackers(), max(0, moments - self._most), None)


class _Past(DialogueStateTracker):
    """A conversation at an earlier moment; the slots that no policy can see are left out of it."""

    def _set_slot(self, key: str, value: Any) -> None:
        if key in self.slots:
            self.slots[key].value = value


def _copied(slot: Slot) -> Slot:
    twin: Slot = object.__new__(type(slot))
    twin.__dict__.update(slot.__dict__)
    return twin
