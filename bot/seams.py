"""The joints with Rasa: actions that run in this process, and a channel that keeps a turn's messages whole."""

from __future__ import annotations

import json
import tarfile
import zlib
from functools import cached_property
from pathlib import Path
from typing import Any

from rasa.core.actions.action import Action as RasaAction
from rasa.core.actions.action import RemoteAction
from rasa.core.agent import Agent
from rasa.core.channels.channel import OutputChannel, UserMessage
from rasa.core.nlg import NaturalLanguageGenerator
from rasa.core.policies.policy import PolicyPrediction
from rasa.core.processor import MessageProcessor
from rasa.core.tracker_store import TrackerStore
from rasa.engine.loader import load_predict_graph_runner
from rasa.engine.runner.interface import GraphRunner
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.storage import ModelMetadata
from rasa.exceptions import ModelNotFound
from rasa.shared.core.constants import (
    ACTION_VALIDATE_SLOT_MAPPINGS,
    DEFAULT_SLOT_NAMES,
    MAPPING_TYPE,
    SlotMappingType,
)
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecutionRejected, Event
from rasa.shared.core.trackers import DialogueStateTracker, EventVerbosity
from rasa.shared.exceptions import RasaException
from rasa.utils.common import TempDirectoryPath, get_temp_dir_name
from rasa.utils.endpoints import EndpointConfig
from rasa_sdk import Action
from rasa_sdk.executor import ActionExecutor

from bot.lighter import StraightRunner
from bot.memory import Key, MemoryVault, OpenTurn, SealedTrackerStore, event_of, new_token, seal
from bot.spans import span

_CUSTOM = str(SlotMappingType.CUSTOM)
_WARM_UP = "Warm up. One sentence here, and then what happens next? Another one is there to be split."
_WARM_UP_SECONDS = 60


class InProcessActions(EndpointConfig):
    """Hands Rasa's call to its action server to rasa_sdk's own executor, without a network between them."""

    def __init__(self, actions: list[Action]) -> None:
        super().__init__(url="in-process", enable_selective_domain=True)
        self._executor = ActionExecutor()
        for action in actions:
            self._executor.register_action(action)

    async def request(
        self,
        method: str = "post",
        subpath: str | None = None,
        content_type: str | None = "application/json",
        compress: bool = False,
        **kwargs: Any,
    ) -> Any:
        """The answer that an action server would have sent."""
        call = kwargs.get("json")
        return await self._executor.run(call if call is not None else json.loads(kwargs["data"]))


class InProcessAction(RemoteAction):
    """A custom action without what only a stranger's server needs.

    Rasa checks each answer against a JSON schema, and that schema against its own schema, on every call: with
    jsonschema 4.17 this took three quarters of a turn. Our actions read slots and the last message, so the
    earlier events are not written out for them either.
    """

    async def run(
        self, output_channel: OutputChannel, nlg: NaturalLanguageGenerator, tracker: DialogueStateTracker, domain: Domain
    ) -> list[Event]:
        """What was said and what was learnt. An error in the action goes through as it is."""
        assert self.action_endpoint is not None
        result = await self.action_endpoint.request(json=self._action_call_format(tracker, domain))
        self._validate_action_result(result)
        said = await self._utter_responses(result["responses"], output_channel, nlg, tracker)
        return [*said, *filter(None, map(event_of, result["events"]))]

    def _action_call_format(self, tracker: DialogueStateTracker, domain: Domain) -> dict[str, Any]:
        return {
            "next_action": self._name,
            "sender_id": tracker.sender_id,
            "tracker": tracker.current_state(EventVerbosity.NONE),
        }

    def _validate_action_result(self, result: Any) -> bool:
        if isinstance(result, dict) and isinstance(result.get("events"), list) and isinstance(result.get("responses"), list):
            return True
        raise RasaException(f"The action '{self._name}' gave no events and responses.")


class InProcessProcessor(MessageProcessor):
    """Runs custom actions as InProcessAction, the graph as StraightRunner, and nothing whose outcome is known before."""

    def _check_for_unseen_features(self, parse_data: dict[str, Any]) -> None:
        """Would warn of intents that the domain lacks, in a log that is closed."""

    def _log_action_on_tracker(
        self, tracker: DialogueStateTracker, action: RasaAction, events: list[Event] | None, prediction: PolicyPrediction
    ) -> None:
        """As the parent does, without the copies of all events that it makes for a log that is closed."""
        events = events or []
        if not any(isinstance(event, ActionExecutionRejected) for event in events):
            tracker.update_with_events(prediction.events, self.domain)
            tracker.update(action.event_for_successful_execution(prediction))
        tracker.update_with_events(events, self.domain)

    async def run_action_extract_slots(self, output_channel: OutputChannel, tracker: DialogueStateTracker) -> DialogueStateTracker:
        """As the parent does, where some slot is filled by Rasa; ours are all filled by our actions."""
        if self._fills_no_slot:
            return tracker
        filled: DialogueStateTracker = await super().run_action_extract_slots(output_channel, tracker)
        return filled

    @cached_property
    def _fills_no_slot(self) -> bool:
        mappings = [mapping for slot in self.domain.slots if slot.name not in DEFAULT_SLOT_NAMES for mapping in slot.mappings]
        by_actions = all(mapping[MAPPING_TYPE] == _CUSTOM and "action" not in mapping for mapping in mappings)
        return by_actions and ACTION_VALIDATE_SLOT_MAPPINGS not in self.domain.user_actions

    async def parse_message(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """As the parent does."""
        with span("understand"):
            parsed: dict[str, Any] = await super().parse_message(*args, **kwargs)
            return parsed

    async def _run_prediction_loop(self, *args: Any, **kwargs: Any) -> None:
        with span("decide and act"):
            await super()._run_prediction_loop(*args, **kwargs)

    @staticmethod
    def _load_model(model_path: str | Path) -> tuple[str, ModelMetadata, GraphRunner]:
        path = Path(model_path)
        try:
            with TempDirectoryPath(get_temp_dir_name()) as folder:
                metadata, runner = load_predict_graph_runner(Path(folder), path, OnceReadStorage, StraightRunner)
        except (tarfile.TarError, EOFError, zlib.error) as error:
            raise ModelNotFound(f"{path.name} is no whole model") from error
        return path.name, metadata, runner

    async def _run_action(self, action: RasaAction, *args: Any, **kwargs: Any) -> Any:
        if type(action) is RemoteAction:
            action = InProcessAction(action.name(), self.action_endpoint)
        return await super()._run_action(action, *args, **kwargs)


class OnceReadStorage(LocalModelStorage):
    """A model's archive unpacked with Python's own guard against unsafe names; Rasa's reads the archive twice for that."""

    @staticmethod
    def _extract_archive_to_directory(model_archive_path: str | Path, temporary_directory: Path) -> None:
        if not hasattr(tarfile, "data_filter"):
            LocalModelStorage._extract_archive_to_directory(model_archive_path, temporary_directory)
            return
        with tarfile.open(model_archive_path, mode="r:gz") as archive:
            archive.extractall(temporary_directory, filter="data")
        LocalModelStorage._assert_not_rasa2_archive(temporary_directory)


class InProcessAgent(Agent):
    """Rasa's agent over InProcessProcessor; `memory` is where its conversations are, in a vault of its own to begin with."""

    def __init__(self, action_endpoint: EndpointConfig) -> None:
        self.memory = SealedTrackerStore(MemoryVault(_WARM_UP_SECONDS))
        super().__init__(tracker_store=self.memory, action_endpoint=action_endpoint)

    async def warm_up(self) -> None:
        """One turn that uses every part, so that the first person does not wait for what loads late."""
        key = Key.of(new_token())
        self.memory.vault.put(key.conversation, seal(key, b"[]"))
        self.memory.use(OpenTurn(key, self.memory.vault.take(key.conversation)))
        await self.handle_message(UserMessage(_WARM_UP, TurnChannel(), key.conversation))

    @property
    def model_fingerprint(self) -> str:
        """What the trained model that was loaded is told apart by."""
        return str(self.processor.model_metadata.model_id)[:12]

    @staticmethod
    def _create_tracker_store(store: TrackerStore | None, domain: Domain) -> TrackerStore:
        """The store itself. Rasa's own way around one that fails keeps conversations unsealed in memory."""
        assert store is not None
        store.domain = domain
        return store

    def load_model(self, model_path: str | Path, fingerprint: str | None = None) -> None:
        """Loads the trained model, as the parent does."""
        self.processor = InProcessProcessor(
            model_path=model_path,
            tracker_store=self.tracker_store,
            lock_store=self.lock_store,
            action_endpoint=self.action_endpoint,
            generator=self.nlg,
        )
        self.domain = self.processor.domain
        self._set_fingerprint(fingerprint)
        self.tracker_store.domain = self.domain


class TurnChannel(OutputChannel):
    """Collects what the actions say, each message as one piece."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []

    @classmethod
    def name(cls) -> str:
        """The name in the tracker."""
        return "handrail"

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """Called by Rasa for every message of every action."""
        self.messages.append(message)
