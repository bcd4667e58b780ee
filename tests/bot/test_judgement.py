"""The decision between answering, asking back and admitting doubt."""

from __future__ import annotations

import pytest

from actions.reading import FALLBACK
from bot.judgement import Judge, Part, Thresholds

HARMS = {"core_group": "low", "who_decides": "medium", "removal": "high"}
OTHERS = ["greet", "off_topic", "danger_violence", "danger_suicide"]
AT = Thresholds(low=0.3, medium=0.4, high=0.5, part=0.6, choice=0.1, chat=0.4, off_topic=0.4, danger=0.5, whole_weight=1.0)


@pytest.fixture
def judge() -> Judge:
    return Judge(HARMS, AT, ["suicide", "violence"])


def _shares(**given: float) -> dict[str, float]:
    rest = (1 - sum(given.values())) / (len(HARMS) + len(OTHERS) - len(given))
    return {label: given.get(label, rest) for label in [*HARMS, *OTHERS]}


def test_a_sure_topic_is_answered(judge: Judge) -> None:
    judgement = judge.judge(_shares(core_group=0.9), [], [])
    assert (judgement.intent, judgement.topics) == ("core_group", ("core_group",))


@pytest.mark.parametrize(("topic", "answered"), [("core_group", True), ("who_decides", True), ("removal", False)])
def test_the_more_harm_a_wrong_answer_does_the_surer_it_has_to_be(judge: Judge, topic: str, answered: bool) -> None:
    judgement = judge.judge(_shares(**{topic: 0.45, "danger_violence": 0.0, "danger_suicide": 0.0}), [], [])
    assert (judgement.intent == topic) is answered


def test_the_share_of_danger_that_was_not_found_belongs_to_the_rest(judge: Judge) -> None:
    shares = {**_shares(removal=0.45), "danger_violence": 0.2, "danger_suicide": 0.0, "greet": 0.0, "off_topic": 0.0}
    assert judge.judge(shares, [], [], alarm=0.01).intent == "removal"
    assert judge.judge(shares, [], [], alarm=0.99).dangers == ("violence",)


def test_doubt_offers_what_comes_near(judge: Judge) -> None:
    judgement = judge.judge(_shares(removal=0.4, who_decides=0.3), [], [])
    assert judgement.intent == FALLBACK
    assert judgement.topics == ("removal", "who_decides")


def test_doubt_offers_nothing_where_nothing_comes_near(judge: Judge) -> None:
    judgement = judge.judge(_shares(core_group=0.09, who_decides=0.09, removal=0.09, greet=0.36, off_topic=0.37), [], [])
    assert judgement.intent == FALLBACK
    assert judgement.topics == ()


def test_two_sure_questions_are_both_answered_in_the_order_they_were_asked(judge: Judge) -> None:
    parts = [Part(_shares(who_decides=0.9), True), Part(_shares(core_group=0.8), True)]
    judgement = judge.judge(_shares(core_group=0.5, who_decides=0.4), parts, [])
    assert judgement.topics == ("who_decides", "core_group")


def test_a_clause_that_is_divided_between_topics_that_lead_to_each_other_is_sure() -> None:
    judge = Judge(HARMS, AT, ["suicide", "violence"], {"removal": {"who_decides"}, "who_decides": {"removal"}})
    parts = [Part(_shares(core_group=0.9), True), Part(_shares(removal=0.5, who_decides=0.4), True)]
    assert judge.judge(_shares(core_group=0.6), parts, []).topics == ("core_group", "removal")
    apart = [parts[0], Part(_shares(removal=0.5, core_group=0.4), True)]
    assert judge.judge(_shares(core_group=0.6), apart, []).topics == ("core_group",)


def test_a_clause_that_could_also_follow_up_the_one_before_asks_its_own_topic() -> None:
    judge = Judge(HARMS, AT, ["suicide", "violence"])
    followed = {**_shares(removal=0.45, danger_violence=0.0, danger_suicide=0.0, greet=0.0, off_topic=0.0), "ask_when": 0.5}
    lone = {**_shares(removal=0.05, danger_violence=0.0, danger_suicide=0.0, greet=0.0, off_topic=0.0), "ask_when": 0.9}
    whole = {**_shares(core_group=0.6), "ask_when": 0.0}
    first = Part({**_shares(core_group=0.9), "ask_when": 0.0}, True)
    assert judge.judge(whole, [first, Part(followed, True)], []).topics == ("core_group", "removal")
    assert judge.judge(whole, [first, Part(lone, True)], []).topics == ("core_group",)


def test_the_story_before_the_questions_does_not_change_their_order(judge: Judge) -> None:
    parts = [Part(_shares(who_decides=0.5), False), Part(_shares(core_group=0.9), True), Part(_shares(who_decides=0.9), True)]
    judgement = judge.judge(_shares(core_group=0.5, who_decides=0.4), parts, [])
    assert judgement.topics == ("core_group", "who_decides")


def test_a_part_that_asks_nothing_is_no_second_question(judge: Judge) -> None:
    parts = [Part(_shares(who_decides=0.9), False), Part(_shares(core_group=0.8), True)]
    assert judge.judge(_shares(core_group=0.9), parts, []).topics == ("core_group",)


def test_rules_and_model_each_suffice_for_danger(judge: Judge) -> None:
    assert judge.judge(_shares(core_group=0.9), [], ["violence"]).dangers == ("violence",)
    assert judge.judge(_shares(danger_suicide=0.6), [], []).dangers == ("suicide",)
    assert judge.judge(_shares(danger_suicide=0.1, danger_violence=0.4), [], []).dangers == ("violence",)


def test_a_kind_of_danger_that_is_almost_as_likely_is_spoken_to_after_the_likeliest(judge: Judge) -> None:
    assert judge.judge(_shares(danger_suicide=0.3, danger_violence=0.31), [], []).dangers == ("violence", "suicide")
    assert judge.judge(_shares(core_group=0.9), [], ["violence", "suicide"]).dangers == ("suicide", "violence")


def test_danger_in_one_stretch_of_a_long_message_is_enough(judge: Judge) -> None:
    whole, calm, danger = _shares(core_group=0.9), _shares(core_group=0.8), _shares(danger_violence=0.9)
    assert judge.judge(whole, [], [], stretches=[(calm, 0.01), (danger, 0.99)]).dangers == ("violence",)
    assert judge.judge(whole, [], [], stretches=[(calm, 0.01), (_shares(danger_violence=0.4), 0.3)]).dangers == ()


def test_danger_without_a_question_is_not_asked_back(judge: Judge) -> None:
    judgement = judge.judge(_shares(danger_violence=0.7), [], [])
    assert judgement.intent == "danger_violence"
    assert judgement.topics == ()


def test_danger_beside_a_sure_question_is_answered_too(judge: Judge) -> None:
    judgement = judge.judge(_shares(core_group=0.9), [], ["violence"])
    assert (judgement.intent, judgement.dangers) == ("core_group", ("violence",))


def test_a_topic_of_an_area_gives_way_to_the_question_that_was_asked_there(judge: Judge) -> None:
    judgement = judge.judge(_shares(removal=0.7, core_group=0.2), [], [], aside={"removal"})
    assert judgement.topics == ("core_group",)


def test_a_topic_of_an_area_stays_where_nothing_else_was_asked(judge: Judge) -> None:
    judgement = judge.judge(_shares(removal=0.97), [], [], aside={"removal"})
    assert judgement.topics == ("removal",)


def test_an_alarm_is_raised_beside_a_sure_question(judge: Judge) -> None:
    judgement = judge.judge(_shares(core_group=0.82, danger_violence=0.14), [], [], alarm=0.9)
    assert judgement.dangers == ("violence",)
    assert judgement.topics == ("core_group",)


def test_a_likely_answer_names_the_next_likely_topic_and_a_certain_one_does_not(judge: Judge) -> None:
    assert judge.judge(_shares(core_group=0.6, who_decides=0.3), [], []).nearby == "who_decides"
    assert judge.judge(_shares(core_group=0.95), [], []).nearby is None


@pytest.mark.parametrize(("danger", "answered"), [(0.55, True), (0.85, False)])
def test_beside_danger_a_question_is_looked_at_by_itself_if_there_is_much_of_it(
    judge: Judge, danger: float, answered: bool
) -> None:
    shares = {**dict.fromkeys([*HARMS, *OTHERS], 0.0), "danger_violence": danger, "removal": 0.9 * (1 - danger)}
    shares["greet"] = 0.1 * (1 - danger)
    judgement = judge.judge(shares, [], ["violence"])
    assert judgement.dangers == ("violence",)
    assert judgement.topics == (("removal",) if answered else ())


def test_somebody_in_danger_is_not_sooner_taken_for_an_abuser(judge: Judge) -> None:
    shares = {**dict.fromkeys([*HARMS, *OTHERS], 0.0), "danger_violence": 0.6, "may_be_abuser": 0.2, "core_group": 0.2}
    assert judge.judge(shares, [], ["violence"]).intent != "may_be_abuser"


def test_an_alarm_without_any_hint_of_a_kind_of_danger_is_none(judge: Judge) -> None:
    shares = {**_shares(core_group=0.97), "danger_violence": 0.0, "danger_suicide": 0.0}
    assert judge.judge(shares, [], [], alarm=0.9).dangers == ()


def test_what_may_be_beyond_all_topics_is_asked_back(judge: Judge) -> None:
    shares = {**_shares(core_group=0.45), "not_covered": 0.3}
    judgement = judge.judge(shares, [], [])
    assert (judgement.intent, judgement.topics) == (FALLBACK, ("core_group",))
