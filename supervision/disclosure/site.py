"""The pages of 公示: plain HTML, one style sheet and photos, made of the stored content alone, and their .zip.

The same content (and after the days the same objections) gives the same bytes: no clock, no address and no row of the
database is read, and the archive's members carry one fixed date in one fixed order.
"""

import io
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from django.contrib.staticfiles import finders
from django.core.files import File
from django.template.loader import render_to_string

from supervision.disclosure.photos import photo_bytes

STYLE = "style.css"
TYPES = {"html": "text/html; charset=utf-8", "css": "text/css; charset=utf-8", "jpg": "image/jpeg", "png": "image/png"}
#: The earliest date an archive can carry.
MEMBER_DATE = (1980, 1, 1, 0, 0, 0)


def site_pages(content: dict, *, objections: dict | None = None) -> dict[str, Callable[[], bytes]]:
    """Return the files of the site, name → what makes its bytes.

    `objections` (`objections_content`): the days are over, none is taken any more, and these came.
    """
    is_over = objections is not None
    pages = {
        STYLE: style_bytes,
        "index.html": partial(_page, content, is_over, "index.html", objections=objections),
        "lists.html": partial(_lists, content, is_over),
    }
    for nth, project in enumerate(content["projects"]):
        pages[project["page"]] = partial(_project, content, is_over, nth)
    for unit in content["units"]:
        pages[unit["page"]] = partial(_unit, content, is_over, unit)
    if content["rectifications"]:
        pages["rectifications.html"] = partial(_page, content, is_over, "rectifications.html")
    for row in content["rectifications"]:
        for photo in row["photos"]:
            pages[photo["path"]] = partial(photo_bytes, photo)
    return pages


def site_bytes(
    content: dict, *, objections: dict | None = None, progress: Callable[[int], None] = lambda percent: None
) -> bytes:
    """Return the site as one .zip; `progress` is told per cent from time to time."""
    pages = site_pages(content, objections=objections)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for nth, name in enumerate(sorted(pages)):
            member = zipfile.ZipInfo(name, MEMBER_DATE)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.create_system = 3
            member.external_attr = 0o644 << 16
            archive.writestr(member, pages[name]())
            if nth % 20 == 0:
                progress(5 + 90 * nth // len(pages))
    return buffer.getvalue()


def page_of(archive: File, name: str) -> bytes | None:
    """Return a file of a site that was made, None where it has none of that name."""
    with archive.open("rb") as stored, zipfile.ZipFile(stored) as site:
        return site.read(name) if name in site.namelist() else None


def content_type(name: str) -> str:
    """Return how a file of the site is served."""
    return TYPES[name.rpartition(".")[2]]


def style_bytes() -> bytes:
    """Return the style sheet of the site."""
    return Path(finders.find("css/public_site.css")).read_bytes()


def _page(content: dict, is_over: bool, name: str, template: str = "", **more) -> bytes:
    context = {"site": content, "is_over": is_over, "page": name} | more
    return render_to_string(f"supervision/disclosure/site/{template or name}", context).encode()


def _project(content: dict, is_over: bool, nth: int) -> bytes:
    project = content["projects"][nth]
    units = {unit["code"]: unit for unit in content["units"]}
    blocks = [
        indicator
        | {
            "rows": [
                line | {"name": units[line["unit"]]["name"], "page": units[line["unit"]]["page"]}
                for line in indicator["lines"]
            ]
        }
        for indicator in project["indicators"]
    ]
    around = {
        "before": content["projects"][nth - 1] if nth else None,
        "after": content["projects"][nth + 1] if nth + 1 < len(content["projects"]) else None,
    }
    return _page(content, is_over, project["page"], "project.html", project=project, blocks=blocks, **around)


def _unit(content: dict, is_over: bool, unit: dict) -> bytes:
    groups = []
    for project in content["projects"]:
        rows = [
            {"indicator": indicator, "line": line}
            for indicator in project["indicators"]
            for line in indicator["lines"]
            if line["unit"] == unit["code"]
        ]
        if rows:
            groups.append({"project": project, "rows": rows})
    below = sum(row["line"]["is_below"] for group in groups for row in group["rows"])
    sentence = f"{unit['name']}有{below}项指标低于全省平均进度。" if below else "没有指标低于全省平均进度。"
    return _page(content, is_over, unit["page"], "unit.html", unit=unit, groups=groups, below_count=sentence)


def _lists(content: dict, is_over: bool) -> bytes:
    groups = [
        {"project": project, "sentences": sentences}
        for project in content["projects"]
        if (sentences := [row["below"] for row in project["indicators"] if row["below"]])
    ]
    return _page(content, is_over, "lists.html", groups=groups)
