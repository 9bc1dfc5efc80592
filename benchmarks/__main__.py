"""Run every benchmark and write docs/performance.md: `python -m benchmarks [--repeats N] [--only PART]`."""

import argparse
import os
import sys
from functools import partial
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "livelihood.settings")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--repeats", type=int, default=5, help="runs per measurement (default: %(default)s)")
    parser.add_argument("--no-write", action="store_true", help="leave docs/performance.md as it is")
    parser.add_argument("--small", action="store_true", help="a hundredth of the data: does everything run?")
    parser.add_argument("--long", action="store_true", help="the larger files: a return of ten thousand rows")
    parser.add_argument(
        "--only", choices=["standings", "entry", "imports", "exports", "close"], help="measure these alone"
    )
    parser.add_argument("--update", action="store_true", help="with --only: replace these lines of docs/performance.md")
    options = parser.parse_args()

    import django

    django.setup()
    from benchmarks import close, entry, exports, imports, standings
    from benchmarks.measure import update_report, write_report

    parts = {
        "standings": standings.run,
        "entry": entry.run,
        "imports": partial(imports.run, long=options.long),
        "exports": exports.run,
        "close": close.run,
    }
    results = [
        result
        for name, part in parts.items()
        if options.only in (None, name)
        for result in part(repeats=options.repeats, small=options.small)
    ]
    for result in results:
        print(result.line())
    if options.small:
        return 0  # too small for the bars; that pandas prints the same has been seen
    report = Path(__file__).resolve().parents[1] / "docs" / "performance.md"
    if options.only and options.update:
        update_report(report, results, part=options.only)
    elif not options.no_write and not options.only:
        write_report(report, results)
    return 0 if all(result.is_met for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
