"""Lighter parts behind Rasa's own interfaces: the graph run in a straight line, and rules found by what was last said."""

from __future__ import annotations

from functools import cache, cached_property
from typing import Any

from rasa.core.policies.memoization import AugmentedMemoizationPolicy
from rasa.core.policies.policy import PolicyPrediction
from rasa.core.policies.rule_policy import RULES, RULES_FOR_LOOP_UNHAPPY_PATH, RulePolicy
from rasa.engine.graph import ExecutionContext, GraphNode, GraphNodeHook, GraphSchema
from rasa.engine.runner.interface import GraphRunner
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.constants import ACTION_LISTEN_NAME, PREVIOUS_ACTION, SHOULD_NOT_BE_SET, USER
from rasa.shared.core.domain import Domain, State
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import ACTION_NAME, INTENT

from bot.tracker import Conversation

_Sign = tuple[str | None, str | None]


class IndexedRulePolicy(RulePolicy):
    """Rasa's RulePolicy; looks only at the rules that end as the conversation does instead of at all of them."""

    def predict_action_probabilities(
        self, tracker: DialogueStateTracker, domain: Domain, rule_only_data: dict[str, Any] | None = None, **kwargs: Any
    ) -> PolicyPrediction:
        """As the parent does. A rule that fits is certain, and is remembered as that for the policies after it."""
        prediction = super().predict_action_probabilities(tracker, domain, rule_only_data, **kwargs)
        if isinstance(tracker, Conversation) and prediction.max_confidence >= 1.0:
            tracker.settle()
        return prediction

    def _find_action_from_rules(
        self, tracker: DialogueStateTracker, domain: Domain, use_text_for_last_user_input: bool
    ) -> tuple[str | None, str | None, bool]:
        if use_text_for_last_user_input and not tracker.active_loop_name and not self._fits_any_intent:
            # Every rule for what comes after a message names its intent, and none its text.
            return None, None, False
        found: tuple[str | None, str | None, bool] = super()._find_action_from_rules(tracker, domain, use_text_for_last_user_input)
        return found

    def _prediction_states(self, tracker: DialogueStateTracker, *args: Any, **kwargs: Any) -> list[State]:
        # Whatever was before the first state of the longest rule decides nothing.
        seen = tracker.lately(self._longest) if isinstance(tracker, Conversation) else tracker
        states: list[State] = super()._prediction_states(seen, *args, **kwargs)
        return states

    @cached_property
    def _longest(self) -> int:
        lookups = (self.lookup[RULES], self.lookup[RULES_FOR_LOOP_UNHAPPY_PATH])
        return max((len(self._rule_key_to_state(key)) for lookup in lookups for key in lookup), default=1)

    @staticmethod
    @cache
    def _rule_key_to_state(rule_key: str) -> list[State]:
        # Of rules alone, so no word of a conversation is kept.
        states: list[State] = RulePolicy._rule_key_to_state(rule_key)
        return states

    @cached_property
    def _fits_any_intent(self) -> bool:
        signs = self._by_sign(self.lookup[RULES])
        return any(intent is None and action in (None, ACTION_LISTEN_NAME) for intent, action in signs)

    def _get_possible_keys(self, lookup: dict[str, str], states: list[State]) -> set[str]:
        last = states[-1]
        if not last.get(PREVIOUS_ACTION):
            return set(super()._get_possible_keys(lookup, states))
        intent, action = _sign(last)
        by_sign = self._by_sign(lookup)
        signs = {(intent, action), (intent, None), (None, action), (None, None)}
        likely = {key: lookup[key] for sign in signs for key in by_sign.get(sign, ())}
        return set(super()._get_possible_keys(likely, states))

    def _by_sign(self, lookup: dict[str, str]) -> dict[_Sign, list[str]]:
        kept: dict[int, dict[_Sign, list[str]]] = self.__dict__.setdefault("_signs", {})
        if id(lookup) not in kept:
            found: dict[_Sign, list[str]] = {}
            for key in lookup:
                found.setdefault(_sign(self._rule_key_to_state(key)[-1]), []).append(key)
            kept[id(lookup)] = found
        return kept[id(lookup)]


class UnsettledMemoizationPolicy(AugmentedMemoizationPolicy):
    """Rasa's AugmentedMemoizationPolicy, spared where a rule has settled the turn: its vote could not win against it."""

    def predict_action_probabilities(
        self, tracker: DialogueStateTracker, domain: Domain, rule_only_data: dict[str, Any] | None = None, **kwargs: Any
    ) -> PolicyPrediction:
        """As the parent does, or no vote."""
        if isinstance(tracker, Conversation) and tracker.is_settled:
            return self._prediction(self._default_predictions(domain))
        return super().predict_action_probabilities(tracker, domain, rule_only_data, **kwargs)


def _sign(state: State) -> _Sign:
    """The intent and the action that a state names; None for one that it does not."""
    intent = state.get(USER, {}).get(INTENT)
    action = state.get(PREVIOUS_ACTION, {}).get(ACTION_NAME)
    return (
        intent if isinstance(intent, str) and intent != SHOULD_NOT_BE_SET else None,
        action if isinstance(action, str) and action != SHOULD_NOT_BE_SET else None,
    )


_LIGHTER: dict[type, type] = {RulePolicy: IndexedRulePolicy, AugmentedMemoizationPolicy: UnsettledMemoizationPolicy}


class StraightRunner(GraphRunner):
    """Runs a graph's components one after the other, in an order that is worked out once for each target."""

    def __init__(
        self, schema: GraphSchema, storage: ModelStorage, context: ExecutionContext, hooks: list[GraphNodeHook] | None
    ) -> None:
        self._schema = schema
        for node in schema.nodes.values():
            node.uses = _LIGHTER.get(node.uses, node.uses)
        self._nodes = {name: GraphNode.from_schema_node(name, node, storage, context, hooks) for name, node in schema.nodes.items()}
        self._orders: dict[tuple[str, ...], list[tuple[str, tuple[str, ...]]]] = {}

    @classmethod
    def create(
        cls,
        graph_schema: GraphSchema,
        model_storage: ModelStorage,
        execution_context: ExecutionContext,
        hooks: list[GraphNodeHook] | None = None,
    ) -> StraightRunner:
        """Called by Rasa."""
        return cls(graph_schema, model_storage, execution_context, hooks)

    def run(self, inputs: dict[str, Any] | None = None, targets: list[str] | None = None) -> dict[str, Any]:
        """What the targets give."""
        wanted = tuple(targets or self._schema.target_names)
        found: dict[str, Any] = {name: (name, value) for name, value in (inputs or {}).items()}
        for name, needs in self._order(wanted):
            found[name] = self._nodes[name](*[found.get(need, need) for need in needs])
        return dict(found[name] for name in wanted)

    def _order(self, targets: tuple[str, ...]) -> list[tuple[str, tuple[str, ...]]]:
        if targets not in self._orders:
            nodes = self._schema.minimal_graph_schema(list(targets)).nodes
            rules = {name for name, node in nodes.items() if node.uses is IndexedRulePolicy}
            order: dict[str, tuple[str, ...]] = {}

            def add(name: str) -> None:
                if name in nodes and name not in order:
                    # Rules before the other policies, which are spared where a rule fits.
                    for need in sorted(nodes[name].needs.values(), key=lambda need: need not in rules):
                        add(need)
                    order[name] = tuple(nodes[name].needs.values())

            for name in targets:
                add(name)
            self._orders[targets] = list(order.items())
        return self._orders[targets]
