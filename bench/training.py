"""How long training takes: Handrail's whole model, its components on a few examples, and Rasa's default pipeline on the same."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench import project
from bench.examples import read
from bench.rivals import FEW, default_pipeline, few, own_pipeline, train_pipeline, write_few
from bench.serving import ROOT

_EPOCHS = (1, 4)
_USUAL_EPOCHS = 100


def measure(*, quick: bool = False) -> dict[str, Any]:
    """Seconds of each training, from the start of its process to its end, with nothing kept from an earlier one.

    The default pipeline's time for all its epochs is worked out from two short trainings: every epoch costs the same.
    `quick` leaves the whole model out.
    """
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        data = write_few(place)
        whole = None
        if not quick:
            copied = project.copy(place / "whole")
            whole = _seconds(lambda: project.train(copied))
        own = _seconds(lambda: _train(data, place, 0))
        short, longer = (_seconds(lambda n=n: _train(data, place, n)) for n in _EPOCHS)  # type: ignore[misc]
    epoch = (longer - short) / (_EPOCHS[1] - _EPOCHS[0])
    few_examples, every = sum(map(len, few(read()).values())), len(read())
    return {
        "few": FEW,
        "few_examples": few_examples,
        "examples": every,
        "epochs": _USUAL_EPOCHS,
        "whole": whole,
        "own_few": own,
        "default_epoch": epoch,
        "default_few": short + epoch * (_USUAL_EPOCHS - _EPOCHS[0]),
        "default_whole": epoch * _USUAL_EPOCHS * every / few_examples,
    }


def _train(data: Path, folder: Path, epochs: int) -> None:
    command = [sys.executable, "-W", "ignore", "-m", "bench.training", str(data), str(folder), str(epochs)]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _seconds(work: Any) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> int:
    """Trains one pipeline on the data, in the folder: the default one for so many epochs, or, with 0, Handrail's."""
    data, folder, epochs = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    train_pipeline("few-timed", default_pipeline(epochs) if epochs else own_pipeline(), data, folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
