"""What all pages of the funds share: the programme in scope, its choices, and the pages beside this one."""

from urllib.parse import urlencode

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse

from funding import plan_page
from projects.models import Programme

#: The pages side by side: code → label and address.
TABS = {
    "overview": ("总览", "funding:overview"),
    "held": ("资金滞留", "funding:held"),
    "plan": ("资金计划", "funding:plan-list"),
    "shares": ("分担比例", "funding:cost-shares"),
    "exclusions": ("不计入部分", "funding:exclusions"),
}

#: What a reader chooses, kept in the address from page to page.
CHOSEN = ("period", "by", "unit")


def find_programme(request: HttpRequest, code: str) -> Programme:
    """Return the programme if the user sees it; 404 otherwise."""
    return get_object_or_404(Programme.objects.visible_to(request.user).select_related("owner"), code=code)


def page_context(request: HttpRequest, programme: Programme, tab: str) -> dict:
    """Return what every page of the funds shows: the programme, its choices, the tabs, and which buttons there are."""
    name = TABS[tab][1]
    return plan_page.office_context(programme, request.user) | {
        "programme": programme,
        "is_demo": programme.is_demo,
        "programme_choices": [
            {"label": row.name, "url": reverse(name, args=[row.code]), "active": row == programme}
            for row in Programme.objects.visible_to(request.user)
        ],
        "tabs": [
            {"label": label, "url": reverse(address, args=[programme.code]), "active": code == tab}
            for code, (label, address) in TABS.items()
        ],
    }


def query_string(request: HttpRequest, **changes: str) -> str:
    """Return what the reader has chosen as a query string, some of it changed; an address says all of it."""
    kept = {key: request.GET[key] for key in CHOSEN if key in request.GET}
    query = urlencode(kept | changes)
    return f"?{query}" if query else ""


def choices(request: HttpRequest, address: str, key: str, labels: dict[str, str], chosen: str | None) -> list[dict]:
    """Return the alternatives of one choice as addresses that keep the others."""
    return [
        {"label": label, "url": f"{address}{query_string(request, **{key: code})}", "active": code == chosen}
        for code, label in labels.items()
    ]
