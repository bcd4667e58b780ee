"""`python -m bot.train`: trains the model with Rasa's own trainer, showing progress without its walls of lines."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from bot.quiet import hush

hush()

ROOT = Path(__file__).parent.parent
MODEL = "handrail"


def main() -> int:
    """Trains from the project's files; 1 when they cannot be trained from."""
    from rasa.model_training import train

    began = time.monotonic()
    print("Reading and encoding the examples, then fitting the classifier and its calibration.", flush=True)
    result = train(
        domain=str(ROOT / "domain.yml"),
        config=str(ROOT / "config.yml"),
        training_files=str(ROOT / "data"),
        output=str(ROOT / "models"),
        fixed_model_name=MODEL,
    )
    if result.code != 0 or result.model is None:
        print("Training failed. `rasa data validate` says why.", file=sys.stderr)
        return 1
    Path(result.model).touch()
    print(f"Trained in {time.monotonic() - began:.0f} seconds: {Path(result.model).relative_to(ROOT)}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
