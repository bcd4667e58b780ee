"""Forgets a conversation at once, also while no engine is loaded: Redis holds it all the same."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool

from api.state import State
from bot.engine import NoSuchConversation


async def forget(state: State, conversation: str) -> int:
    """The bytes that were held under that id; 0 where there was nothing. Raises VaultDown."""
    held = await _dropped(state, conversation)
    if held:
        state.metrics.conversation("deleted")
    return held


async def _dropped(state: State, conversation: str) -> int:
    engine = state.engine
    if engine is None:
        return await run_in_threadpool(state.vault.drop, conversation) if state.vault else 0
    try:
        return await engine.aside(lambda: engine.forget_id(conversation))
    except NoSuchConversation:
        return 0
