"""The encoder: a message and its parts out of one pass, each of unit length, whatever the text is like."""

from __future__ import annotations

from contextvars import copy_context

import numpy as np
import pytest
from rasa.nlu.constants import FEATURIZER_CLASS_ALIAS
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.embedding import DIMENSIONS, Encoder, encoder
from bot.nlu.encoder import SentenceEncoder
from bot.nlu.reader import PARTS as OF_MESSAGE

WHOLE = "My sister has my boys. Can she keep them for good? And who pays her?"
PARTS = ["My sister has my boys.", "Can she keep them for good?", "And who pays her?"]


def _alike(one: np.ndarray, other: np.ndarray) -> float:
    return float(one @ other)


def test_the_whole_is_read_as_it_is_without_parts() -> None:
    vector, *parts = encoder().begin(WHOLE).vectors(PARTS)
    assert np.allclose(vector, encoder().encode(WHOLE), atol=1e-6)
    assert len(parts) == len(PARTS)
    assert all(part.shape == (DIMENSIONS,) and np.linalg.norm(part) == pytest.approx(1, abs=1e-5) for part in parts)


def test_a_part_is_still_most_like_itself() -> None:
    _, *parts = encoder().begin(WHOLE).vectors(PARTS)
    alone = [encoder().encode(part) for part in PARTS]
    for place, part in enumerate(parts):
        assert int(np.argmax([_alike(part, other) for other in alone])) == place


def test_a_part_is_read_in_the_light_of_the_rest() -> None:
    _, _, again = (
        encoder()
        .begin("the report is full of lies. can they change it")
        .vectors(["the report is full of lies.", "can they change it"])
    )
    meant = encoder().encode("can they change a report that is full of lies")
    assert _alike(again, meant) > _alike(encoder().encode("can they change it"), meant)


def test_the_same_part_twice_is_found_twice() -> None:
    _, first, second = encoder().begin("why him? why him?").vectors(["why him?", "why him?"])
    assert not np.array_equal(first, second)


@pytest.mark.parametrize("part", ["nowhere to be found", "the last words of all"])
def test_what_is_not_within_reach_is_read_alone(part: str) -> None:
    _, found = encoder().begin("and then she said " * 60 + "the last words of all").vectors([part])
    assert np.array_equal(found, encoder().encode(part))


@pytest.mark.parametrize("text", ["", " ", "?", "\u200d", "\u4e00" * 300])
def test_any_text_has_a_vector(text: str) -> None:
    assert np.isfinite(encoder().begin(text).vectors([text])).all()


def test_one_pass_serves_all_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    passes: list[int] = []
    states = Encoder.states
    monkeypatch.setattr(Encoder, "states", lambda self, tokens: passes.append(1) or states(self, tokens))
    encoder().begin(WHOLE).vectors(PARTS)
    assert len(passes) == 1


def test_features_that_come_late_are_plain_ones_for_whoever_copies_them() -> None:
    message = Message(data={TEXT: WHOLE, OF_MESSAGE: PARTS})
    SentenceEncoder({FEATURIZER_CLASS_ALIAS: "encoder"}, "encoder").process([message])
    _, sentence = message.get_dense_features(TEXT)
    assert sentence is not None
    assert type(sentence) is Features
    assert np.array_equal(sentence.features, encoder().begin(WHOLE).vectors(PARTS)[:1])


def test_a_pass_that_was_begun_ahead_is_the_one_that_is_read() -> None:
    def turn(ahead: str, read: str) -> bool:
        encoder().begin_ahead(ahead)
        return encoder().begin(read) is encoder().begin(read)

    assert copy_context().run(turn, WHOLE, WHOLE)
    assert not copy_context().run(turn, WHOLE, "something else")
    assert not copy_context().run(lambda: encoder().begin(WHOLE) is encoder().begin(WHOLE))
