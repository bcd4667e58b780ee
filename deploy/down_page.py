"""`python -m deploy.down_page`: writes the page that the proxy shows while no Handrail answers, out of the content."""

from __future__ import annotations

import html
import sys
from pathlib import Path

from content.library import HERE, default_library
from content.reading import read_yaml

PAGE = Path(__file__).parent / "proxy" / "down.html"
_LINES = ("emergency-999", "silent-solution-55", "family-rights-group", "national-domestic-abuse-helpline", "childline")


def page() -> str:
    """The whole page. It has no script, no style and no picture, and names nothing that has to be fetched."""
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
            f"<p>{html.escape(library.say('trouble'))}</p>",
            "<ul>",
            *rows,
            "</ul>\n</main>\n</body>\n</html>\n",
        ]
    )


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.exit(0)
