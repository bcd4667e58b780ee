"""`python -m bench.examples [--prune]`: counts the training examples, and finds those that say the same thing twice."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import yaml
from numpy.typing import NDArray

from bot.nlu.embedding import encoder
from bot.text import Expander, visible
from content.library import default_library

DATA = Path(__file__).parent.parent / "data" / "nlu.yml"
NEAR = 0.965
_BLOCK = 2000


class Example(NamedTuple):
    """One line of data/nlu.yml."""

    intent: str
    voice: str
    text: str


def read(path: Path = DATA) -> list[Example]:
    """Every example in the order of the file."""
    blocks = yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]
    lines = ((block, line) for block in blocks for line in block["examples"].splitlines())
    return [Example(block["intent"], block["metadata"]["voice"], line.removeprefix("- ")) for block, line in lines]


def near_pairs(vectors: NDArray[Any], least: float = NEAR) -> list[tuple[int, int]]:
    """The pairs of rows (of length one) whose cosine is above `least`, the earlier row first."""
    found = []
    for start in range(0, len(vectors), _BLOCK):
        for row, other in np.argwhere(vectors[start : start + _BLOCK] @ vectors.T > least):
            if start + row < other:
                found.append((int(start + row), int(other)))
    return found


def without(text: str, surplus: list[Example]) -> str:
    """The file's text without those examples; a block that would be left empty keeps its last one."""
    kept: list[str] = []
    intent = voice = ""
    gone = {(example.intent, example.voice, example.text) for example in surplus}
    for line in text.splitlines():
        if line.startswith("- intent: "):
            intent = line.removeprefix("- intent: ")
        elif line.startswith("    voice: "):
            voice = line.removeprefix("    voice: ")
        if line.startswith("    - ") and (intent, voice, line.removeprefix("    - ")) in gone and kept[-1] != "  examples: |":
            continue
        kept.append(line)
    return "\n".join(kept) + "\n"


def main() -> int:
    """Prints what was found; with --prune also takes the later one of each pair of one intent out of the file."""
    examples = read()
    expander = Expander(default_library().abbreviations)
    vectors = encoder().encode_many([expander.expand(visible(example.text)) for example in examples])
    pairs = near_pairs(vectors)
    same = sorted({later for earlier, later in pairs if examples[earlier].intent == examples[later].intent})
    for earlier, later in pairs:
        if examples[earlier].intent != examples[later].intent:
            a, b = examples[earlier], examples[later]
            print(f"near, but of two intents: {a.intent}: {a.text[:90]} / {b.intent}: {b.text[:90]}")
    counts = Counter(example.intent for example in examples)
    least = min(counts, key=counts.__getitem__)
    print(f"{len(examples)} examples of {len(counts)} intents, fewest: {counts[least]} of {least}")
    print(f"{len(same)} say nearly the same as another of their intent (cosine above {NEAR})")
    if "--prune" in sys.argv[1:]:
        DATA.write_text(without(DATA.read_text(encoding="utf-8"), [examples[place] for place in same]), encoding="utf-8")
        print("and were taken out")
    return 0


if __name__ == "__main__":
    sys.exit(main())
