"""Advisories that are passed over: each was read by somebody, who says why it cannot harm."""

from __future__ import annotations

from bench.advisories import ROOT, accepted

FILE = ROOT / "docs" / "accepted-vulnerabilities.txt"


def test_an_advisory_is_passed_over_only_with_a_reason() -> None:
    lines = [line for line in FILE.read_text(encoding="utf-8").splitlines() if line.strip() and not line.startswith("#")]
    assert all(len(line.split(":", 1)[-1].split()) >= 4 for line in lines), "each line says why"
    assert len(accepted("\n".join(lines))) == len({line.split()[0] for line in lines})


def test_comments_name_no_advisory() -> None:
    assert accepted("# GHSA-1234 is not meant\nGHSA-5678 package: a reason that holds.\n") == {"GHSA-5678"}
