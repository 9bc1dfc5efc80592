"""The base template and its components stand on their own: with nothing given they show nothing wrong."""

from types import SimpleNamespace

import pytest
from django.contrib.messages.storage.base import Message
from django.core.paginator import Paginator
from django.template import engines
from django.template.loader import render_to_string


def component(name: str, **context) -> str:
    """The component's text with all white space runs as one blank."""
    return " ".join(render_to_string(f"livelihood/components/{name}.html", context).split())


def test_base_with_an_empty_context_has_landmarks_and_token_but_no_sections():
    page = render_to_string("base.html")

    assert '<html lang="zh-Hans">' in page
    assert '<main class="content" id="content" tabindex="-1">' in page
    assert 'href="#content"' in page
    assert "主导航" not in page
    assert "演示数据" not in page


def test_base_with_sections_marks_the_active_one_and_counts_what_waits():
    navigation = [
        SimpleNamespace(label="工作台", url="/", active=True, badge=0),
        SimpleNamespace(label="填报审核", url="/review/", active=False, badge=3),
    ]

    page = render_to_string("base.html", {"navigation": navigation, "is_demo": True})

    assert '<a href="/" aria-current="page">工作台</a>' in page
    assert '<a href="/review/">填报审核<span class="bar-badge" title="待办 3 件">3</span></a>' in page
    assert "演示数据" in page


def test_base_signed_in_signs_out_by_post():
    user = SimpleNamespace(is_authenticated=True, get_short_name="审核员", get_username="office")

    page = render_to_string("base.html", {"user": user})

    assert '<form method="post" action="/logout/"' in page


def test_server_error_page_needs_nothing_from_the_server():
    page = render_to_string("500.html")

    assert "系统出了差错" in page
    assert "/static/" not in page


def test_state_shows_sign_and_word():
    page = component("state", state="behind")

    assert '<span class="state state-red">' in page
    assert '<span class="state-sign" aria-hidden="true">×</span>未达时序</span>' in page


def test_state_with_a_word_of_its_own_shows_that():
    assert "退回 2 格" in component("state", state="returned", word="退回 2 格")


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({"rate": "61.90"}, "61.90"),
        ({"rate": "0.00"}, "0.00"),
        ({"rate": "61.90", "percent": True}, "61.90%"),
        ({"rate": "61.9000", "decimals": 2}, "61.90"),
        ({"rate": None, "status": "no_task"}, '<span class="rate-absent">无任务</span>'),
        ({"rate": None, "status": "not_reported"}, '<span class="rate-absent">未报送</span>'),
        ({"rate": None, "status": "met"}, '<span class="rate-absent">达标</span>'),
        ({"rate": None, "status": "behind"}, '<span class="rate-absent">—</span>'),
        ({"rate": None}, '<span class="rate-absent">—</span>'),
    ],
)
def test_rate_zero_blank_and_no_task_are_three_things(given, shown):
    assert component("rate", **given) == shown


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({"gap": "-10.78", "unit": True}, '<span class="gap-below">−10.78个百分点</span>'),
        ({"gap": "2.20"}, "<span>+2.20</span>"),
        ({"gap": "0.00"}, "<span>0.00</span>"),
        ({"gap": None}, '<span class="absent">—</span>'),
        ({"gap": "-1.00", "far": False}, '<span class="gap-below"><span aria-hidden="true">▽</span> −1.00</span>'),
    ],
)
def test_gap_is_signed(given, shown):
    assert component("gap", **given) == shown


@pytest.mark.parametrize(("change", "shown"), [(2, "↑2"), (-1, "↓1"), (0, "平"), (None, "—")])
def test_place_change_is_a_sign_and_a_number(change, shown):
    assert shown in component("place_change", change=change)


def test_progress_bar_without_a_total_draws_nothing():
    assert "<svg" not in component("progress_bar", done=0, total=0)
    assert '<rect class="progress-done" width="103"' in component("progress_bar", done=103, total=131)


def test_message_is_escaped_and_marked_by_sign():
    page = component("messages", messages=[Message(40, "<b>“6.8.4”不是数字</b>")])

    assert "band-error" in page
    assert "&lt;b&gt;“6.8.4”不是数字&lt;/b&gt;" in page


def test_pager_keeps_the_filters_of_the_address(rf):
    page = Paginator(range(120), 50).page(2)
    request = rf.get("/list/", {"unit": "341222", "page": "2"})

    text = engines["django"].get_template("livelihood/components/pager.html").render({"page_obj": page}, request)

    assert "第 2 / 3 页" in text
    assert "?unit=341222&amp;page=3" in text


def test_pager_of_a_single_page_is_left_out():
    assert component("pager", page_obj=Paginator([1], 50).page(1)) == ""
