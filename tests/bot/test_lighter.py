"""The lighter parts give what Rasa's own give: the same replies, turn by turn, on every question of the bank."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from rasa.core.actions.action import RemoteAction
from rasa.core.processor import MessageProcessor
from rasa.engine.loader import load_predict_graph_runner
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.shared.core.events import Event
from rasa.shared.core.trackers import DialogueStateTracker

import bot.memory
from bench.bank import questions
from bot.engine import Engine, load_agent
from bot.memory import MemoryVault
from bot.seams import InProcessAction, InProcessProcessor
from content.library import Library
from tests.conftest import MODEL

_A_CONVERSATION = 9


@pytest.fixture(scope="module")
def stock(library: Library, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine with Rasa's own graph runner, policies and tracker."""
    folder = tmp_path_factory.mktemp("stock")
    with pytest.MonkeyPatch.context() as patched:

        def load(path: Any) -> tuple[str, Any, Any]:
            return ("stock", *load_predict_graph_runner(folder, MODEL, LocalModelStorage, DaskGraphRunner))

        patched.setattr(InProcessProcessor, "_load_model", staticmethod(load))
        _use_rasas_own(patched)
        agent = load_agent(MODEL, library)
    engine = Engine(agent, library, MemoryVault(1800))
    yield engine
    engine.close()


def _use_rasas_own(patched: pytest.MonkeyPatch) -> None:
    """Everything of ours that stands in for a part of Rasa's, but for the graph, which each engine has loaded."""
    for name in ("_check_for_unseen_features", "_log_action_on_tracker", "run_action_extract_slots"):
        patched.setattr(InProcessProcessor, name, getattr(MessageProcessor, name))
    patched.setattr(InProcessAction, "run", RemoteAction.run)
    patched.setattr(bot.memory, "Conversation", DialogueStateTracker)
    patched.setattr(bot.memory, "event_of", Event.from_parameters)


async def _talk(engine: Engine, texts: list[str]) -> list[Any]:
    token = engine.start()
    return [await engine.reply(token, text) for text in texts]


async def test_the_lighter_parts_reply_as_rasas_own_on_the_whole_question_bank(
    engine: Engine, stock: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(stock._agent.processor.graph_runner, DaskGraphRunner)
    texts = [question.text for question in questions()]
    assert len(texts) > 900
    talks = [texts[start : start + _A_CONVERSATION] for start in range(0, len(texts), _A_CONVERSATION)]
    for talk in talks:
        # Turns that lead on from one another as well as questions.
        talk[3:3], talk[6:6] = ["why"], ["what can i do now"]
    light = [await _talk(engine, talk) for talk in talks]
    _use_rasas_own(monkeypatch)
    own = [await _talk(stock, talk) for talk in talks]
    differing = [
        (talk[place], first.topics, second.topics)
        for talk, some, others in zip(talks, light, own, strict=True)
        for place, (first, second) in enumerate(zip(some, others, strict=True))
        if first != second
    ]
    assert not differing


async def test_a_form_is_walked_as_with_rasas_own(engine: Engine, stock: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    talk = ["help me prepare", "yes", "no", "what is a core group", "yes", "not sure", "skip", "stop", "why", "yes"]
    light = await _talk(engine, talk)
    _use_rasas_own(monkeypatch)
    assert light == await _talk(stock, talk)
