"""Keeping a question with consent: de-identified first, shown, and kept only when the person then agrees."""

from __future__ import annotations

import threading
from functools import lru_cache
from typing import Literal

from starlette.concurrency import run_in_threadpool

from api.problems import Problem
from api.state import State
from api.turns import checked_text
from bot.deidentify import Deidentifier
from bot.events import Event, kind_of, place_of, tell
from bot.reply import Outcome, Reply
from desk.questions import NoRoom
from desk.store import StoreDown

Shareable = Literal["unanswered_unsure", "unanswered_out_of_scope", "clarify"]
SHAREABLE = frozenset({Outcome.UNANSWERED_UNSURE, Outcome.UNANSWERED_OUT_OF_SCOPE, Outcome.CLARIFY})
_FEWEST_WORDS = 4
_AGAIN_SECONDS = 5
# spaCy reads one text at a time: what it forgets afterwards must not be another reader's.
_one_at_a_time = threading.Lock()


def may_share(state: State, reply: Reply, text: str) -> bool:
    """Whether to ask the person if this question may be kept: it found no answer, shows no danger, and is long enough to be one."""
    return state.desk is not None and not reply.urgent and reply.outcome in SHAREABLE and len(text.split()) >= _FEWEST_WORDS


async def safe_text(state: State, text: str) -> str | None:
    """What would be kept of it; None where it shows danger or cannot be made safe.

    Raises Problem for no text or too much, and where nobody can tell just now whether it shows danger.
    """
    checked = checked_text(state, text)
    if state.net.dangers(checked) or await _model_sees_danger(state, checked):
        return None
    return await run_in_threadpool(_made_safe, checked)


async def _model_sees_danger(state: State, text: str) -> bool:
    """Most danger is told in words that no rule knows, so the rules alone do not let anything be kept."""
    if state.engine is None:
        raise Problem("not_shared", retry_after=_AGAIN_SECONDS)
    try:
        return bool((await state.engine.judged(text)).reading.dangers)
    except Exception as error:  # whatever it was, there is no judgement
        if not isinstance(error, TimeoutError):
            tell(Event.TURN_FAILED, error=kind_of(error), place=place_of(error.__traceback__))
        raise Problem("not_shared", retry_after=_AGAIN_SECONDS) from None


async def keep(state: State, text: str, outcome: Shareable) -> str | None:
    """Keeps what `safe_text` gives, and gives it back. Raises Problem, also where there is nowhere to keep it."""
    if state.desk is None:
        raise Problem("not_shared")
    safe = await safe_text(state, text)
    if safe is not None:
        try:
            await run_in_threadpool(state.desk.questions.share, safe, outcome)
        except (StoreDown, NoRoom):
            raise Problem("not_shared") from None
    return safe


def _made_safe(text: str) -> str | None:
    with _one_at_a_time:
        return _deidentifier().share(text).text


@lru_cache(maxsize=1)
def _deidentifier() -> Deidentifier:
    return Deidentifier.load()
