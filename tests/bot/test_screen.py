"""The screen for danger: plain code that needs neither model nor store."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from actions.turn import danger_text
from actions.wording import Wording
from bot.screen import Heard, Screen, VoiceFinder
from bot.text import Expander
from content.library import Library

DANGERS = [
    ("he is hitting me right now", "violence"),
    ("hes threatening to kill me when he gets home", "violence"),
    ("he strangled me last night", "violence"),
    ("my husband is banging on the door with a knife", "violence"),
    ("he keeps punching me", "violence"),
    ("I want to die", "suicide"),
    ("i dont want to be here any more", "suicide"),
    ("ive taken all my tablets", "suicide"),
    ("the kids would be better off without me", "suicide"),
    ("my dad hits me and my sister", "child_tells"),
    ("im 9 and im scared to go home", "child_tells"),
    ("my mum is being hurt by her boyfriend", "child_tells"),
    ("he comes into my room at night and touches me", "child_tells"),
    ("my grandson has bruises all over his back", "child_hurt"),
    ("she said daddy hurts her", "child_hurt"),
    ("im scared im going to shake the baby", "may_hurt_child"),
    ("I just hit my son and I can't stop shaking", "may_hurt_child"),
    ("social services are at the door with police to take my kids", "removal_now"),
    ("they want me to sign a section 20 today", "removal_now"),
    ("they have just taken my baby", "removal_now"),
    ("my family is forcing me to marry my cousin", "forced"),
    ("they are taking my daughter to somalia to be cut", "forced"),
    ("he put a tracker on my car", "stalked"),
    ("cant wake my baby", "medical"),
    ("my baby wont wake up properly", "medical"),
    ("baby isnt breathing", "medical"),
    ("my toddler swallowed my tablets", "medical"),
    ("hes here", "violence"),
    ("oh no hes home gotta go", "violence"),
    ("he just walked in", "violence"),
    ("my ex reads all my messages", "stalked"),
]
CALM = [
    "can the conference take my child?",
    "he used to hit me but that was years ago",
    "this is killing me",
    "they say I hit my son and it is not true",
    "my mum will kill me if she finds out I missed the meeting",
    "what counts as physical harm",
    "are social services allowed to check my phone and track me",
    "can the police take my child",
    "the report says he strangled me in 2019",
    "I overdosed when I was 15, will they use it against me",
    "he says they will take the kids if I report him",
    "I am scared of the meeting",
    "they took my first child three years ago",
    "how do I show them I would never hurt my baby",
]


@pytest.fixture(scope="module")
def screen(library: Library) -> Screen:
    return Screen(library.dangers, Expander(library.abbreviations))


@pytest.mark.parametrize(("text", "kind"), DANGERS)
def test_danger_is_seen(screen: Screen, text: str, kind: str) -> None:
    assert kind in screen.look(text)


@pytest.mark.parametrize("text", CALM)
def test_what_is_not_danger_raises_no_alarm(screen: Screen, text: str) -> None:
    assert screen.look(text) == ()


def test_a_calm_past_beside_a_present_danger_does_not_hide_it(screen: Screen) -> None:
    assert "violence" in screen.look("He used to be lovely. That was years ago. Now he is hitting me every night.")


def test_typing_errors_of_the_hand_do_not_hide_danger(screen: Screen) -> None:
    assert "violence" in screen.look("HES GONNA KILL ME WHEN HE GETS HOME!!!!")
    assert "suicide" in screen.look("i dont wanna be here anymore")


def test_the_screen_needs_neither_rasa_nor_a_model() -> None:
    code = (
        "import sys; from content.library import Library; from bot.screen import Screen; from bot.text import Expander; "
        "library = Library.load(); screen = Screen(library.dangers, Expander(library.abbreviations)); "
        "assert screen.look('he is hitting me now'); assert not {'rasa', 'onnxruntime', 'tensorflow'} & set(sys.modules)"
    )
    root = Path(__file__).parent.parent.parent
    assert subprocess.run([sys.executable, "-W", "ignore", "-c", code], cwd=root, check=False).returncode == 0


@pytest.mark.parametrize(
    ("text", "voice"),
    [
        ("hi im 12 do i have to go", "child"),
        ("my granddaughter is on a plan", "kin"),
        ("my ex was abusive and we have a conference", "survivor"),
        ("who will be at the conference", None),
        ("my ex says I hit her, it is a lie", None),
        ("im 20 weeks pregnant", None),
    ],
)
def test_the_voice_is_found_from_what_was_said(library: Library, text: str, voice: str | None) -> None:
    assert VoiceFinder(library.voice_signs, library.voice_not_signs).heard(text).voice == voice


@pytest.mark.parametrize(
    ("text", "voice", "grown_up"),
    [
        ("will they take me off my mum", "child", False),
        ("my mum says they can remove the kids", "plain", True),
        ("im 12, my mum says the kids will go to nan", "child", False),
        ("im 16 and pregnant", None, False),
        ("we are grandparents, do we get the report", "kin", True),
        ("my husband hits me and the kids", "survivor", True),
    ],
)
def test_an_adult_who_names_their_mum_is_no_child(library: Library, text: str, voice: str | None, grown_up: bool) -> None:
    heard = VoiceFinder(library.voice_signs, library.voice_not_signs).heard(text)
    assert (heard.voice, heard.grown_up) == (voice, grown_up)


def test_what_a_child_tells_is_told_of_a_child_where_an_adult_writes(library: Library) -> None:
    heard = VoiceFinder(library.voice_signs, library.voice_not_signs).heard("my grandaughter says he comes in her room")
    assert heard.of(("suicide", "child_tells")) == ("suicide", "child_hurt")


def test_a_child_who_sees_another_hurt_is_one_who_tells_and_no_parent_who_may_hurt_theirs() -> None:
    child = Heard("child", grown_up=False)
    assert child.of(("child_hurt", "may_hurt_child")) == ("child_tells",)
    assert child.of(("may_hurt_child",)) == ("may_hurt_child",)
    assert Heard("survivor", grown_up=False).of(("child_hurt",)) == ("child_hurt",)


@pytest.mark.parametrize(
    "danger", ["suicide", "medical", "child_tells", "child_hurt", "may_hurt_child", "removal_now", "forced", "violence", "stalked"]
)
def test_every_kind_of_danger_says_what_to_do_and_whom_to_call(library: Library, danger: str) -> None:
    wording = Wording(library, datetime(2026, 11, 21, 23, 0, tzinfo=UTC))
    adult = danger_text(library, wording, danger, "plain")
    child = danger_text(library, wording, danger, "child")
    numbers = {
        "suicide": "116 123",
        "medical": "999",
        "child_tells": "0800 1111",
        "child_hurt": "0808 800 5000",
        "may_hurt_child": "999",
        "removal_now": "0808 801 0366",
        "forced": "0800 5999 247",
        "violence": "0808 2000 247",
        "stalked": "0808 2000 247",
    }
    assert numbers[danger] in adult
    if library.danger(danger).child_text:
        assert "0800 1111" in child
    assert "999" in adult or danger == "removal_now"
    assert len(adult.split()) <= 130
