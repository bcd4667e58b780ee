"""The quick reader of examples gives Rasa what Rasa's own reader gives."""

from __future__ import annotations

from pathlib import Path

import pytest
from rasa.shared.importers.rasa import RasaFileImporter

from bot.importer import ExamplesImporter

DATA = Path(__file__).parents[2] / "data"
PLAIN = """# Comments may stand first.
version: "3.1"
nlu:
- intent: greet
  metadata:
    voice: ann
  examples: |
    - hi, is "anyone" there?
    - hello: 24/7
- intent: bye
  examples: |
    - bye
"""
MARKED = 'version: "3.1"\nnlu:\n- intent: place\n  examples: |\n    - i live in [London](city)\n    - here\n'


@pytest.mark.parametrize("text", [PLAIN, MARKED])
def test_both_readers_give_the_same_training_data(tmp_path: Path, text: str) -> None:
    (tmp_path / "nlu.yml").write_text(text, encoding="utf-8")
    ours = ExamplesImporter(training_data_paths=str(tmp_path)).get_nlu_data()
    theirs = RasaFileImporter(training_data_paths=str(tmp_path)).get_nlu_data()
    assert [example.data for example in ours.training_examples] == [example.data for example in theirs.training_examples]
    assert ours.fingerprint() == theirs.fingerprint()


def test_rules_and_stories_are_left_to_rasa() -> None:
    importer = ExamplesImporter(training_data_paths=str(DATA))
    assert {Path(path).name for path in importer._story_files} == {"rules.yml", "stories.yml"}
    assert len(importer.get_nlu_data().training_examples) > 10_000
