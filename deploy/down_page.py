"""`python -m deploy.down_page`: writes what the proxy says of its own, while no Handrail answers and to what is too large."""

from __future__ import annotations

import html
import json
import sys
from collections.abc import Mapping
from pathlib import Path

from content.library import HERE, default_library
from content.loading import read_yaml

FOLDER = Path(__file__).parent / "proxy"
_LINES = ("emergency-999", "silent-solution-55", "family-rights-group", "national-domestic-abuse-helpline", "childline")
# The kinds of problem that a script is told of by the same words as by Handrail.
_DOWN, _LARGE = "server_error", "large_request"


def files() -> Mapping[str, str]:
    """Each file by its name. They have no script, no style and no picture, and name nothing that has to be fetched."""
    problems = read_yaml(HERE / "problems.yml")
    large = f"{problems[_LARGE]['title']} {problems[_LARGE]['detail']} {read_yaml(HERE / 'page.yml')['go_back']}"
    return {
        "down.html": _page(default_library().say("trouble")),
        "down.json": _details(_DOWN, problems[_DOWN], 503),
        "large.html": _page(large),
        "large.json": _details(_LARGE, problems[_LARGE], problems[_LARGE]["status"]),
    }


def _page(said: str) -> str:
    library, words = default_library(), read_yaml(HERE / "page.yml")
    rows = []
    for service in (library.services[name] for name in _LINES):
        number = html.escape(service.number or "")
        shown = f'<a href="tel:{service.tel}">{number}</a>' if service.tel else number
        cost = f", {html.escape(service.cost)}" if service.cost else ""
        rows.append(f"<li><strong>{html.escape(service.name)}</strong>: {shown}{cost}, for {html.escape(service.for_whom)}</li>")
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="robots" content="noindex">',
            f"<title>{html.escape(words['problem_heading'])}</title>\n</head>\n<body>\n<main>",
            f"<h1>{html.escape(words['problem_heading'])}</h1>",
            f"<p><strong>{html.escape(words['danger'])}</strong></p>",
            f"<p>{html.escape(said)}</p>",
            "<ul>",
            *rows,
            "</ul>\n</main>\n</body>\n</html>\n",
        ]
    )


def _details(kind: str, row: Mapping[str, str], status: int) -> str:
    words = {"type": f"urn:handrail:problem:{kind.replace('_', '-')}", "title": row["title"], "status": status}
    return json.dumps({**words, "detail": row["detail"]}, ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    for name, text in files().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    sys.exit(0)
