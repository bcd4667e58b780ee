"""What staff switch is kept with its reason, stands in the audit log, and is followed by whoever watches."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import text

from content.switches import Switches
from desk.audit import Audit
from desk.store import Store, StoreDown
from desk.switchboard import LONGEST_TEXT, Incomplete, Switchboard

BY, WHY = "Sam", "the sources changed"


@pytest.fixture
def audit(store: Store) -> Audit:
    return Audit(store)


@pytest.fixture
def board(store: Store, audit: Audit) -> Switchboard:
    return Switchboard(store, audit)


def _actions(audit: Audit) -> list[tuple[str, str]]:
    return [(row.action, row.about) for row in reversed(audit.rows())]


def test_at_first_nothing_is_switched(board: Switchboard) -> None:
    assert board.present() == Switches()


def test_each_switch_holds_until_it_is_put_back_and_each_change_is_in_the_log(board: Switchboard, audit: Audit) -> None:
    board.set_chat_off("Back at nine.", BY, WHY)
    board.take_offline("report_wrong", BY, WHY)
    board.take_offline("core_group", BY, WHY)
    board.set_notice("The line is closed on Friday.", BY, WHY)
    assert board.present() == Switches("Back at nine.", frozenset({"report_wrong", "core_group"}), "The line is closed on Friday.")
    board.set_chat_on(BY, WHY)
    board.put_back("core_group", BY, WHY)
    board.set_notice(None, BY, WHY)
    assert board.present() == Switches(offline=frozenset({"report_wrong"}))
    assert _actions(audit) == [
        ("chat_off", "chat"),
        ("topic_offline", "topic:report_wrong"),
        ("topic_offline", "topic:core_group"),
        ("notice", "notice"),
        ("chat_on", "chat"),
        ("topic_online", "topic:core_group"),
        ("notice_off", "notice"),
    ]
    assert {row.person for row in audit.rows()} == {BY}
    assert all(WHY in row.reason for row in audit.rows())
    assert "Back at nine." in audit.rows()[-1].reason
    assert audit.verify() == []


def test_the_same_switch_twice_changes_nothing_and_is_logged_once(board: Switchboard, audit: Audit) -> None:
    for _ in range(2):
        board.take_offline("core_group", BY, WHY)
    board.set_chat_on(BY, WHY)
    board.put_back("report_wrong", BY, WHY)
    assert _actions(audit) == [("topic_offline", "topic:core_group")]


@pytest.mark.parametrize("reason", ["", "  \n ", "x" * 401])
def test_no_switch_is_set_or_put_back_without_a_reason(board: Switchboard, audit: Audit, reason: str) -> None:
    board.take_offline("core_group", BY, WHY)
    held = board.present()
    changes = (
        lambda: board.set_chat_off("Back at nine.", BY, reason),
        lambda: board.take_offline("report_wrong", BY, reason),
        lambda: board.put_back("core_group", BY, reason),
        lambda: board.set_notice("Hello", BY, reason),
    )
    for change in changes:
        with pytest.raises(Incomplete) as refused:
            change()
        assert refused.value.missing == "reason"
    assert board.present() == held
    assert len(audit.rows()) == 1


@pytest.mark.parametrize("words", ["", " \n", "x" * (LONGEST_TEXT + 1)])
def test_the_chat_is_not_switched_off_without_words_for_those_who_come(board: Switchboard, words: str) -> None:
    for change in (board.set_chat_off, board.set_notice):
        with pytest.raises(Incomplete) as refused:
            change(words, BY, WHY)
        assert refused.value.missing == "text"
    assert board.present() == Switches()


def test_a_switch_that_cannot_be_logged_is_not_set(store: Store, board: Switchboard) -> None:
    with store.begin() as connection:
        connection.execute(text("DROP TABLE audit"))
    with pytest.raises(StoreDown):
        board.set_chat_off("Back at nine.", BY, WHY)
    assert board.present() == Switches()


def test_another_process_follows_and_this_one_at_once(database: str, board: Switchboard) -> None:
    elsewhere = Store(database)
    other = Switchboard(elsewhere, Audit(elsewhere))
    seen: list[Switches] = []
    followed, wanted = threading.Event(), Switches(offline=frozenset({"core_group"}))

    def follow(switches: Switches) -> None:
        if switches == wanted:
            followed.set()

    try:
        board.watch(seen.append, seconds=600)
        other.watch(follow, seconds=0.02)
        board.take_offline("core_group", BY, WHY)
        assert seen == [Switches(), wanted]
        assert followed.wait(10)
    finally:
        board.stop()
        other.stop()
        elsewhere.close()


def test_a_process_that_starts_late_knows_the_switches_before_it_answers(store: Store, board: Switchboard, audit: Audit) -> None:
    board.set_chat_off("Back at nine.", BY, WHY)
    late, seen = Switchboard(store, audit), []
    late.watch(seen.append, seconds=600)
    late.stop()
    assert seen == [Switches("Back at nine.")]


def test_while_the_store_is_down_the_last_known_switches_stay_and_the_watch_goes_on(store: Store, board: Switchboard) -> None:
    board.take_offline("core_group", BY, WHY)
    seen: list[Switches] = []
    again = threading.Event()

    def see(switches: Switches) -> None:
        seen.append(switches)
        again.set()

    with store.begin() as connection:
        connection.execute(text("ALTER TABLE switches RENAME TO gone"))
    try:
        board.watch(see, seconds=0.02)
        assert seen == []
        with store.begin() as connection:
            connection.execute(text("ALTER TABLE gone RENAME TO switches"))
        assert again.wait(10)
    finally:
        board.stop()
    assert set(seen) == {Switches(offline=frozenset({"core_group"}))}
