"""`python deploy/ready.py`: ends with 0 where Handrail on this machine can answer, and with 1 where it cannot."""

from __future__ import annotations

import http.client
import os
import sys


def main() -> int:
    """Asks /health/ready on PORT, straight and without any proxy."""
    line = http.client.HTTPConnection("127.0.0.1", int(os.environ.get("PORT", "8000")), timeout=3)
    try:
        line.request("GET", "/health/ready")
        return 0 if line.getresponse().status == 200 else 1
    except (OSError, http.client.HTTPException):
        return 1
    finally:
        line.close()


if __name__ == "__main__":
    sys.exit(main())
