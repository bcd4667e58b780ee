"""Shared questions on their way: waiting, a topic or none, approved, exported; and the pages for it."""

from __future__ import annotations

import gc
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime

import httpx
import pytest

import bot.likeness
from api.app import create_app
from api.settings import Settings
from bot.deidentify import REMOVED
from bot.engine import Engine
from bot.likeness import groups, without_marks
from desk.audit import Audit
from desk.desk import Desk
from desk.questions import APPROVED, ASSIGNED, KEPT_DAYS, NONE, WAITING, NoRoom, NoSuchQuestion, Questions
from desk.store import Store
from tests.desk.conftest import SITE, Clock, csrf_of

StaffClient = Callable[..., Awaitable[httpx.AsyncClient]]
DOGS = [
    "can i take the dog to a supervised contact session with my kids",
    "am i allowed to bring our dog to contact",
    "is it ok if my dog comes along to the contact centre",
]
BEDS = [
    "is there a grant for new beds when the social worker says we need more beds",
    "who pays for the beds they say my kids need",
]
DAY = 86_400


@pytest.fixture
def questions(store: Store) -> Questions:
    return Questions(store, Audit(store))


def _share(questions: Questions, *texts: str) -> list[int]:
    for text in texts:
        questions.share(text, "unanswered_unsure")
    return [question.id for question in reversed(questions.waiting())]


def test_a_question_waits_gets_a_topic_is_approved(questions: Questions) -> None:
    (number,) = _share(questions, DOGS[0])
    questions.assign(number, "contact_with_child", "Ana")
    assert questions.waiting() == []
    (found,) = questions.to_approve()
    assert (found.topic, found.assigned_by, found.text) == ("contact_with_child", "Ana", DOGS[0])
    questions.approve(number, "Edi", topic="contact_with_child")
    assert questions.to_approve() == []
    (found,) = questions.approved()
    assert (found.topic, found.decided_by) == ("contact_with_child", "Edi")


def test_that_no_topic_fits_is_an_answer_too(questions: Questions) -> None:
    (number,) = _share(questions, BEDS[0])
    questions.assign(number, None, "Ana")
    assert [question.topic for question in questions.to_approve()] == [None]
    questions.approve(number, "Edi", topic=None)
    assert [question.topic for question in questions.approved()] == [None]


def test_what_is_sent_back_waits_again_without_its_topic(questions: Questions) -> None:
    (number,) = _share(questions, DOGS[0])
    questions.assign(number, "contact_with_child", "Ana")
    questions.send_back(number, "Edi")
    assert questions.to_approve() == []
    assert [(question.id, question.topic) for question in questions.waiting()] == [(number, None)]


def test_nothing_is_approved_that_nobody_assigned_and_nothing_is_decided_twice(questions: Questions) -> None:
    (number,) = _share(questions, DOGS[0])
    with pytest.raises(NoSuchQuestion):
        questions.approve(number, "Edi", topic="contact_with_child")
    with pytest.raises(NoSuchQuestion):
        questions.assign(number + 1, "contact_with_child", "Ana")
    questions.assign(number, "contact_with_child", "Ana")
    questions.approve(number, "Edi", topic="contact_with_child")
    for change in (
        lambda: questions.assign(number, "core_group", "Ana"),
        lambda: questions.approve(number, "Edi", topic="contact_with_child"),
    ):
        with pytest.raises(NoSuchQuestion):
            change()
    assert [question.topic for question in questions.approved()] == ["contact_with_child"]


def test_a_dropped_question_loses_its_words_at_once(questions: Questions, store: Store) -> None:
    (number,) = _share(questions, DOGS[0])
    questions.drop(number, "Ana")
    assert questions.waiting() == []
    with store.read() as connection:
        (row,) = connection.exec_driver_sql("SELECT text, state FROM questions").fetchall()
    assert tuple(row) == ("", "dropped")


def test_the_same_question_of_the_same_day_is_kept_once(questions: Questions) -> None:
    questions.share(DOGS[0], "clarify", date(2026, 11, 1))
    questions.share(DOGS[0], "clarify", date(2026, 11, 1))
    questions.share(DOGS[0], "clarify", date(2026, 11, 2))
    assert len(questions.waiting()) == 2


def test_there_is_an_end_to_what_waits(questions: Questions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("desk.questions.MOST", 2)
    _share(questions, *DOGS[:2])
    with pytest.raises(NoRoom):
        questions.share(DOGS[2], "clarify")


def test_after_a_year_only_what_was_approved_is_still_there(questions: Questions, clock: Clock) -> None:
    numbers = _share(questions, *DOGS, *BEDS)
    questions.assign(numbers[0], "contact_with_child", "Ana")
    questions.approve(numbers[0], "Edi", topic="contact_with_child")
    questions.assign(numbers[1], "contact_with_child", "Ana")
    questions.drop(numbers[2], "Ana")
    clock.now += KEPT_DAYS * DAY
    assert questions.sweep() == 0
    clock.now += DAY
    assert questions.sweep() == 4
    assert questions.waiting() == questions.to_approve() == []
    assert [question.id for question in questions.approved()] == [numbers[0]]


def test_stale_questions_go_without_anybody_sweeping(questions: Questions, clock: Clock, store: Store) -> None:
    _share(questions, *DOGS)
    clock.now += (KEPT_DAYS + 1) * DAY
    questions.share(BEDS[0], "clarify")
    with store.read() as connection:
        assert [row[0] for row in connection.exec_driver_sql("SELECT text FROM questions")] == [BEDS[0]]


def test_every_decision_is_in_the_audit_log_and_no_word_of_a_question_is(desk: Desk) -> None:
    first, second = _share(desk.questions, DOGS[0], BEDS[0])
    desk.questions.assign(first, "contact_with_child", "Ana")
    desk.questions.send_back(first, "Edi")
    desk.questions.assign(first, None, "Ana")
    desk.questions.approve(first, "Edi", topic=None)
    desk.questions.drop(second, "Ana")
    rows = [(row.person, row.action, row.about) for row in desk.audit.rows() if row.action.startswith("question")][::-1]
    assert rows == [
        ("Ana", "question_assigned", str(first)),
        ("Edi", "question_sent_back", str(first)),
        ("Ana", "question_no_topic", str(first)),
        ("Edi", "question_approved", str(first)),
        ("Ana", "question_dropped", str(second)),
    ]
    assert desk.audit.verify() == []
    assert not any(word in str(desk.audit.rows()) for word in ("dog", "beds"))


def test_a_refused_decision_leaves_no_row_in_the_audit_log(desk: Desk) -> None:
    before = desk.audit.last()
    with pytest.raises(NoSuchQuestion):
        desk.questions.approve(5, "Edi", topic=None)
    assert desk.audit.last() == before


def test_questions_that_ask_alike_come_together_the_largest_group_first() -> None:
    texts = [BEDS[0], DOGS[0], "will the conference minutes say my new address", DOGS[1], BEDS[1], DOGS[2]]
    assert groups(texts) == [[1, 3, 5], [0, 4], [2]]
    assert groups([]) == []
    assert groups(texts[:1]) == [[0]]


def test_what_was_taken_out_makes_nothing_alike() -> None:
    marked = f"my ex {REMOVED} at {REMOVED} brings the dog to contact, is that ok"
    assert without_marks(marked) == "my ex at brings the dog to contact, is that ok"
    assert groups([marked, f"who pays {REMOVED} for beds the kids {REMOVED} need"]) == [[0], [1]]


def test_what_was_approved_can_be_dropped_when_it_has_served(questions: Questions) -> None:
    (number,) = _share(questions, DOGS[0])
    questions.assign(number, "contact_with_child", "Ana")
    questions.approve(number, "Edi", topic="contact_with_child")
    questions.drop_reviewed(number, "Edi", state=APPROVED, topic="contact_with_child")
    assert questions.approved() == []


def test_a_page_that_is_out_of_date_drops_nothing_that_was_decided_since(questions: Questions) -> None:
    (number,) = _share(questions, DOGS[0])
    questions.assign(number, "contact_with_child", "Ana")
    stale = [
        lambda: questions.drop(number, "Bob"),
        lambda: questions.drop_reviewed(number, "Edi", state=ASSIGNED, topic="core_group"),
        lambda: questions.drop_reviewed(number, "Edi", state=NONE, topic=None),
        lambda: questions.drop_reviewed(number, "Edi", state=APPROVED, topic="contact_with_child"),
        lambda: questions.drop_reviewed(number, "Edi", state=WAITING, topic="contact_with_child"),
        lambda: questions.drop_reviewed(number, "Edi", state="", topic=None),
    ]
    for drop in stale:
        with pytest.raises(NoSuchQuestion):
            drop()
    questions.approve(number, "Edi", topic="contact_with_child")
    for drop in (stale[0], lambda: questions.drop_reviewed(number, "Edi", state=ASSIGNED, topic="contact_with_child")):
        with pytest.raises(NoSuchQuestion):
            drop()
    assert [question.text for question in questions.approved()] == [DOGS[0]]


async def test_only_who_may_approve_drops_what_was_approved_and_only_as_it_was_shown(desk: Desk, staff_client: StaffClient) -> None:
    (number,) = _share(desk.questions, DOGS[0])
    adviser, editor = await staff_client("adviser"), await staff_client("editor")
    desk.questions.assign(number, "contact_with_child", "Ana")
    desk.questions.approve(number, "Eve", topic="contact_with_child")
    seen = {"do": "drop", "topic": "contact_with_child"}
    assert (await _decide(adviser, number, do="drop")).headers["location"].endswith("done=gone")
    assert (await _decide(adviser, number, "review", shown="approved", **seen)).status_code == 403
    for stale in ({"shown": "assigned"}, {}):
        assert (await _decide(editor, number, "review", **seen, **stale)).headers["location"].endswith("done=gone")
    assert [question.id for question in desk.questions.approved()] == [number]
    page = (await editor.get("/staff/questions/review")).text
    assert 'name="shown" value="approved"' in page
    assert (await _decide(editor, number, "review", shown="approved", **seen)).headers["location"].endswith("done=dropped")
    assert desk.questions.approved() == []


def test_an_editor_approves_only_the_topic_that_was_shown(questions: Questions) -> None:
    (number,) = _share(questions, DOGS[0])
    questions.assign(number, "contact_with_child", "Ana")
    with pytest.raises(NoSuchQuestion):
        questions.assign(number, "core_group", "Bob")
    questions.send_back(number, "Eve")
    questions.assign(number, "core_group", "Bob")
    for shown in ("contact_with_child", None):
        with pytest.raises(NoSuchQuestion):
            questions.approve(number, "Edi", topic=shown)
    questions.approve(number, "Edi", topic="core_group")
    assert [question.topic for question in questions.approved()] == ["core_group"]


async def test_the_page_approves_only_the_topic_that_it_showed(desk: Desk, staff_client: StaffClient) -> None:
    (number,) = _share(desk.questions, DOGS[0])
    desk.questions.assign(number, "contact_with_child", "Ana")
    editor = await staff_client("editor")
    page = (await editor.get("/staff/questions/review")).text
    assert 'name="topic" value="contact_with_child"' in page
    desk.questions.send_back(number, "Eve")
    desk.questions.assign(number, "core_group", "Bob")
    stale = await _decide(editor, number, "review", do="approve", topic="contact_with_child")
    assert stale.headers["location"] == "/staff/questions/review?done=gone"
    assert desk.questions.approved() == []


def test_the_words_of_a_question_are_no_key_in_memory() -> None:
    word = "zyxq" + "uokka"
    groups([f"can i bring the {word} along", "who pays for the beds"])
    held = [thing for one in vars(bot.likeness).values() for thing in (one, *gc.get_referents(one)) if isinstance(thing, dict)]
    assert not [key for some in held for key in some if word in str(key)]


def test_the_day_is_the_one_in_london(questions: Questions, clock: Clock) -> None:
    clock.now = datetime(2026, 7, 1, 23, 30, tzinfo=UTC).timestamp()
    _share(questions, DOGS[0])
    assert [question.day for question in questions.waiting()] == [date(2026, 7, 2)]


def test_every_approved_question_goes_into_the_export(questions: Questions, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = _share(questions, *DOGS)
    monkeypatch.setattr("desk.questions.MOST", 2)
    for number in numbers:
        questions.assign(number, "contact_with_child", "Ana")
        questions.approve(number, "Edi", topic="contact_with_child")
    assert [question.id for question in questions.approved()] == numbers


async def _decide(client: httpx.AsyncClient, number: int, page: str = "decide", **fields: str) -> httpx.Response:
    csrf = await csrf_of(client, "/staff/questions")
    return await client.post(f"/staff/questions/{number}/{page}", data={"csrf": csrf, **fields})


async def test_an_adviser_assigns_and_an_editor_approves_by_forms_alone(desk: Desk, staff_client: StaffClient) -> None:
    dog, bed, other = _share(desk.questions, DOGS[0], BEDS[0], "what is the best pizza in town please")
    adviser, editor = await staff_client("adviser"), await staff_client("editor")
    page = (await adviser.get("/staff/questions")).text
    assert all(f"/staff/questions/{number}/decide" in page for number in (dog, bed, other))
    for number, fields in ((dog, {"do": "other", "other": "contact_with_child"}), (bed, {"do": "none"}), (other, {"do": "drop"})):
        assert (await _decide(adviser, number, **fields)).headers["location"].startswith("/staff/questions?done=")
    assert (await _decide(adviser, dog, "review", do="approve")).status_code == 403
    assert (await adviser.get("/staff/questions/review")).status_code == 403
    page = (await editor.get("/staff/questions/review")).text
    assert f"/staff/questions/{dog}/review" in page
    assert 'href="/topics/contact_with_child"' in page
    assert (await _decide(editor, dog, "review", do="approve", topic="contact_with_child")).status_code == 303
    assert (await _decide(editor, bed, "review", do="back")).status_code == 303
    assert [(question.id, question.topic, question.decided_by) for question in desk.questions.approved()] == [
        (dog, "contact_with_child", "a editor")
    ]
    assert [question.id for question in desk.questions.waiting()] == [bed]


@pytest.mark.parametrize("fields", [{"do": "other", "other": ""}, {"do": "not_a_topic"}, {"do": "other", "other": "<b>"}, {}])
async def test_only_topics_that_exist_can_be_assigned(desk: Desk, staff_client: StaffClient, fields: dict[str, str]) -> None:
    (number,) = _share(desk.questions, DOGS[0])
    response = await _decide(await staff_client("adviser"), number, **fields)
    assert response.headers["location"].endswith("done=no_topic")
    assert [question.id for question in desk.questions.waiting()] == [number]


async def test_a_question_that_a_colleague_decided_is_gone(desk: Desk, staff_client: StaffClient) -> None:
    (number,) = _share(desk.questions, DOGS[0])
    desk.questions.assign(number, "contact_with_child", "Ana")
    desk.questions.approve(number, "Edi", topic="contact_with_child")
    response = await _decide(await staff_client("adviser"), number, do="core_group")
    assert response.headers["location"].endswith("done=gone")


async def test_a_shared_question_cannot_become_markup(desk: Desk, staff_client: StaffClient) -> None:
    _share(desk.questions, 'what about <script>alert(1)</script> "><b> then')
    page = (await (await staff_client("adviser")).get("/staff/questions")).text
    assert "<script>alert" not in page
    assert "<b>" not in page


async def test_a_page_holds_whole_groups_and_says_how_many_wait(desk: Desk, staff_client: StaffClient) -> None:
    _share(
        desk.questions,
        *(f"{text}, and this is number {number}" for text in (*DOGS, *BEDS) for number in range(7)),
    )
    page = (await (await staff_client("adviser")).get("/staff/questions")).text
    shown = re.findall(r"/staff/questions/(\d+)/decide", page)
    assert 0 < len(shown) <= 30
    assert len(set(shown)) == len(shown)
    assert "35" in page


async def test_with_a_model_the_three_nearest_topics_are_one_tap_away(
    desk: Desk, engine: Engine, staff_client: StaffClient
) -> None:
    (number,) = _share(desk.questions, f"can {REMOVED} come to the conference with me as support")
    signed = await staff_client("adviser")
    app = create_app(Settings(), engine=engine, desk=desk)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url=SITE, cookies=signed.cookies, headers={"origin": SITE}
    ) as client:
        page = (await client.get("/staff/questions")).text
        offered = [topic for topic in re.findall(r'name="do" value="(\w+)"', page) if topic not in ("other", "none", "drop")]
        assert len(offered) == 3
        assert "bring_someone" in offered
        await _decide(client, number, do="bring_someone")
    assert [question.topic for question in desk.questions.to_approve()] == ["bring_someone"]
