"""The learned part of understanding on a few examples, and the encoder's two ways of encoding."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.feature_extraction.text import HashingVectorizer, TfidfVectorizer

from bot.fitting.graph import products
from bot.nlu.alarm import Alarm, AlarmOptions
from bot.nlu.embedding import encoder, unit
from bot.nlu.grams import letter_runs, word_runs
from bot.nlu.model import Options, TopicModel
from bot.nlu.narrow import PRODUCTS, Narrow
from bot.nlu.neighbours import Neighbours
from bot.nlu.ngrams import Ngrams
from bot.nlu.vocabulary import LetterPlaces, common_words

EXAMPLES = {
    "chair": [
        "who runs the meeting",
        "who is in charge of it",
        "is there a chair person",
        "who leads the conference",
        "who is the chair",
    ],
    "report": [
        "can i see the report",
        "when do i get the report",
        "is the report sent to me",
        "where is my report",
        "show me the report",
    ],
    "friend": [
        "can my mum come",
        "may i bring a friend",
        "can someone come with me",
        "is my sister allowed in",
        "bring my mate along",
    ],
}
TEXTS = [text for texts in EXAMPLES.values() for text in texts]
LABELS = [label for label, texts in EXAMPLES.items() for _ in texts]
VOICES = ["ann", "bob", "cat", "ann", "bob"] * 3
OPTIONS = Options(character_dimensions=8, word_dimensions=8, candidates=2)


@pytest.fixture(scope="module")
def model() -> TopicModel:
    return TopicModel.fit(TEXTS, encoder().encode_many(TEXTS), LABELS, VOICES, OPTIONS)


def test_texts_encoded_together_have_the_vectors_they_have_alone() -> None:
    together = encoder().encode_many(TEXTS)
    alone = np.array([encoder().encode(text) for text in TEXTS])
    assert np.allclose((together * alone).sum(axis=1), 1.0, atol=1e-4)


def test_the_model_knows_its_own_examples_and_its_probabilities_sum_to_one(model: TopicModel) -> None:
    shares = model.probabilities(encoder().encode_many(TEXTS), model.wording(TEXTS))
    assert [model.labels[place] for place in shares.argmax(axis=1)] == LABELS
    assert np.allclose(shares.sum(axis=1), 1.0, atol=1e-5)


def test_other_words_for_the_same_thing_are_understood(model: TopicModel) -> None:
    text = ["is my brother allowed to be there with me"]
    assert model.labels[model.probabilities(encoder().encode_many(text), model.wording(text)).argmax()] == "friend"


def test_one_voice_alone_is_learnt_without_calibration() -> None:
    model = TopicModel.fit(TEXTS, encoder().encode_many(TEXTS), LABELS, ["ann"] * len(TEXTS), OPTIONS)
    assert sorted(model.labels) == sorted(EXAMPLES)


def test_the_nearest_label_has_the_most_evidence_and_one_that_is_no_candidate_never_more() -> None:
    rows = np.array([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0], [0.1, 0.9], [-1.0, 0.0]], dtype=np.float32)
    neighbours = Neighbours.fit(rows, np.array([0, 0, 1, 1, 2]), sharpness=10.0)
    found = neighbours.evidence(np.array([[1.0, 0.2]], dtype=np.float32), np.array([[0, 1]]))
    assert found[0, 0] > found[0, 1] >= found[0, 2]


def test_ngrams_learnt_and_loaded_give_the_same_rows() -> None:
    learnt = Ngrams.fit("characters", TEXTS, 6)
    loaded = Ngrams(learnt.kind, learnt.vocabulary, learnt.idf, learnt.projection)
    assert np.allclose(learnt(["a repport please"]), loaded(["a repport please"]))


def test_danger_is_looked_for_beside_the_labels() -> None:
    texts = [*TEXTS, "he is hitting me now", "he has a knife", "help he is hurting me"]
    in_danger = np.array([False] * len(TEXTS) + [True] * 3)
    alarm = Alarm.fit(texts, encoder().encode_many(texts), in_danger, ["ann"] * len(texts), AlarmOptions(bits=12))
    asked = ["who runs the meeting, he is hitting me now", "who runs the meeting"]
    danger, calm = alarm.probabilities(asked, encoder().encode_many(asked))
    assert danger > calm


@pytest.mark.parametrize("text", ["", "a", "he hit me!! an hour ago", "É ß  naïve\u3000x\x0by", "they'll take 2 kids"])
def test_runs_of_letters_and_words_are_those_of_scikit_learn(text: str) -> None:
    of_letters = HashingVectorizer(analyzer="char_wb", ngram_range=(3, 5)).build_analyzer()
    of_words = TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"(?u)\b\w+\b").build_analyzer()
    assert sorted(letter_runs(3, 5)(text)) == sorted(of_letters(text))
    assert sorted(word_runs(r"\b\w+\b", 1, 2)(text)) == sorted(of_words(text))


@pytest.mark.parametrize("text", ["", "What happens at the meeting?", "it's MY daughters reveiw", "a é  naïve\u3000meeting"])
def test_what_is_placed_ahead_for_common_words_is_what_their_runs_would_give(text: str) -> None:
    assert {"what", "happens", "meeting", "daughters"} <= set(common_words())
    place = {run: number for number, run in enumerate(letter_runs(2, 4)("what happens at the meeting, my daughters"))}
    expected = [place[run] for run in letter_runs(2, 4)(text) if run in place]
    assert LetterPlaces(2, 4, place.get)(text) == expected


def test_a_run_is_counted_where_the_detector_learnt_it() -> None:
    learnt = Alarm.fit(["he hit me", "hello there"], np.eye(2), np.array([True, False]), ["ann"] * 2, AlarmOptions(bits=10))
    counts = HashingVectorizer(analyzer=word_runs("[a-z]+", 1, 3), n_features=2**10, alternate_sign=False, norm=None)
    row = counts.transform(["he hit me"])
    assert all(learnt.weights[2 + place] > 0 for place in row.indices)
    # Nothing but the runs can tell these two apart.
    danger, calm = learnt.probabilities(["he hit me", "hello there"], np.zeros((2, 2)))
    assert danger > 0.6 > 0.4 > calm


def test_rows_in_eight_bits_stay_within_half_a_step_of_what_they_were() -> None:
    wide = np.random.default_rng(1).normal(size=(50, 7)) * np.array([1, 10, 0.1, 1, 1, 1, 0])
    narrow = Narrow.of(wide)
    vectors = np.array([np.ones(7), np.arange(7)])
    # Besides, a vector is rounded to a part of its own largest number.
    bound = float(narrow.scales @ vectors.max(axis=0)) / 2 + 0.01
    both = narrow.times([(3, 5), (40, 50)], vectors)
    assert np.allclose(both, np.vstack([wide[3:5], wide[40:]]) @ vectors.T, atol=bound)
    assert np.allclose(narrow.summed(np.array([3, 4]), np.array([2.0, 1.0])), 2 * wide[3] + wide[4], atol=2 * narrow.scales.max())


def test_products_in_eight_bits_are_as_good_as_in_thirty_two() -> None:
    chance = np.random.default_rng(2)
    narrow, vectors = Narrow.of(unit(chance.normal(size=(500, 984)))), unit(chance.normal(size=(3, 984)))
    kept = (narrow.rows.astype(np.float32) - 128) * narrow.scales
    assert np.allclose(narrow.times([(0, 500)], vectors), kept @ vectors.T, atol=2e-5)


def test_the_graph_of_products_is_the_one_that_is_drawn() -> None:
    assert PRODUCTS.read_bytes() == products().SerializeToString()
