"""Model files that cannot be used: cut off in the middle, or made by another version of Rasa."""

from __future__ import annotations

import io
import json
import os
import tarfile
from pathlib import Path


def truncated(model: Path, out: Path) -> Path:
    """The first half of the file, as a copy that was interrupted leaves it."""
    with model.open("rb") as whole, out.open("wb") as half:
        half.write(whole.read(os.path.getsize(model) // 2))
    return out


def of_another_version(model: Path, out: Path) -> Path:
    """The same model, said to be trained by a Rasa of long ago. Parts other than its description are left out."""
    with tarfile.open(model) as whole, tarfile.open(out, "w:gz", compresslevel=1) as other:
        for member in whole:
            if not member.name.endswith("metadata.json"):
                continue
            file = whole.extractfile(member)
            assert file
            told = json.load(file)
            told["rasa_open_source_version"] = "2.8.0"
            changed = json.dumps(told).encode()
            member.size = len(changed)
            other.addfile(member, io.BytesIO(changed))
    return out
