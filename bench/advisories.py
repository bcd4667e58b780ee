"""`python -m bench.advisories`: looks every locked package up in the public advisories, and passes over those that were read.

With `--strict` advisories that cannot be reached are a failure; without it one line says that nothing was looked up, so that
`make check` works on a train.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
_PROGRAM = ROOT / ".tools" / "audit" / "bin" / "pip-audit"
_ACCEPTED = ROOT / "docs" / "accepted-vulnerabilities.txt"
_OPTIONS = ("--disable-pip", "--strict", "--require-hashes", "--progress-spinner", "off", "--format", "json", "--timeout", "15")


def main(arguments: Sequence[str]) -> int:
    """0 where nothing new was found, or where nothing could be looked up and that is allowed."""
    found = look_up(ROOT / "requirements.lock")
    if found is None:
        print("The public advisories cannot be reached: no package was looked up.", file=sys.stderr)
        return 1 if "--strict" in arguments else 0
    known = accepted(_ACCEPTED.read_text(encoding="utf-8"))
    new = [(package, names) for package, names in found if not known & set(names)]
    for package, names in new:
        print(f"{package}: {', '.join(names)}", file=sys.stderr)
    print(f"{len(found)} advisories, {len(new)} of them not read yet (docs/accepted-vulnerabilities.txt)")
    return 1 if new else 0


def look_up(lock: Path) -> list[tuple[str, list[str]]] | None:
    """Each advisory as the package with its version and the names it goes by; None where they cannot be reached."""
    run = subprocess.run([_PROGRAM, *_OPTIONS, "-r", lock], capture_output=True, text=True, check=False)
    try:
        rows = json.loads(run.stdout)["dependencies"]
    except (json.JSONDecodeError, KeyError):
        return None
    return [
        (f"{row['name']} {row['version']}", [one["id"], *one.get("aliases", [])]) for row in rows for one in row.get("vulns", ())
    ]


def accepted(text: str) -> frozenset[str]:
    """The ids that somebody has read, with why they cannot harm here."""
    return frozenset(re.findall(r"^([A-Z][A-Za-z0-9-]*)", text, re.MULTILINE))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
