"""The web container's health check: does the process answer /healthz? Exit 0 or 1."""

import os
import sys
import urllib.request


def main() -> None:
    """Ask under the first allowed name; another would be refused as a forged one."""
    host = os.environ["ALLOWED_HOSTS"].split(",")[0].strip()
    address = f"http://127.0.0.1:{os.environ.get('PORT') or 8000}/healthz"
    request = urllib.request.Request(address, headers={"Host": host.removeprefix(".")})
    try:
        urllib.request.urlopen(request, timeout=5).close()  # noqa: S310 - our own http address
    except OSError as error:
        sys.exit(f"{address}: {error}")


if __name__ == "__main__":
    main()
