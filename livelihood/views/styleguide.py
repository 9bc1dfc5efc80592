"""The living page of every component, for those who build and check pages."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

from django import forms
from django.contrib.messages import constants
from django.core.paginator import Paginator
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from livelihood.access import NotAllowed
from livelihood.formats import STATES
from livelihood.registry import ToDo


class SampleForm(forms.Form):
    """One field of each kind; shown bound, so that messages are seen too."""

    name = forms.CharField(label="指标名称", max_length=40)
    value = forms.DecimalField(
        label="全省平均（%）", help_text="按省里公布的小数位填写，例如 74.36。", widget=forms.TextInput
    )
    source = forms.ChoiceField(label="来源", choices=[("table", "省民生办进度表"), ("paper", "省里通报")])
    note = forms.CharField(label="说明", widget=forms.Textarea(attrs={"rows": 2}), required=False)
    measure = forms.ChoiceField(
        label="口径", choices=[("rate", "完成率"), ("value", "指标值")], widget=forms.RadioSelect, initial="rate"
    )
    is_final = forms.BooleanField(label="省里已定稿", required=False)
    file = forms.FileField(label="附件", required=False)


def _choices(*labels: str, active: int = 0, counts: tuple[int | None, ...] = ()) -> list[dict]:
    return [
        {"label": label, "url": f"?choice={nth}", "active": nth == active, "count": counts[nth] if counts else None}
        for nth, label in enumerate(labels)
    ]


def _lines() -> list[dict]:
    """Made-up lines: printed strings as the database would give them."""
    rows = [
        ("颍州区", "6", "5", "83.33", "2", 0, "12.93", "on_schedule", "ok", ""),
        ("颍东区", "5", "4", "80.00", "3", 0, "9.60", "on_schedule", "ok", ""),
        ("颍泉区", "5", "3", "60.00", "6", 2, "-10.40", "on_schedule", "far-below", "▼1"),
        ("临泉县", "11", "6", "54.55", "8", -2, "-15.85", "behind", "far-below", "▼2"),
        ("太和县", "9", "6", "66.67", "5", 0, "-3.73", "on_schedule", "below", "▽1"),
        ("阜南县", None, None, None, None, None, None, "no_task", "none", ""),
        ("颍上县", "10", None, None, None, None, None, "not_reported", "none", ""),
        ("界首市", "4", "5", "125.00", "1", 1, "54.60", "exceeded", "ok", ""),
    ]
    names = ("name", "target", "value", "rate", "place", "change", "gap", "status", "heat", "sign")
    return [dict(zip(names, row, strict=True)) for row in rows]


@require_safe
def styleguide(request):
    """Every component in every state, with made-up figures; staff only."""
    if not request.user.is_staff:
        raise NotAllowed("组件一览只供系统管理员查看。")
    now = timezone.now()
    form = SampleForm({"name": "农村公路扩面延伸工程", "value": "6.8.4", "source": "table"})
    form.add_error(None, "这一期已封账，不能再录入。")
    sample_messages = [
        SimpleNamespace(level_tag=tag, message=text)
        for tag, text in (
            (constants.DEFAULT_TAGS[constants.SUCCESS], "已保存 131 格。"),
            (constants.DEFAULT_TAGS[constants.INFO], "通报正在生成，完成后在这里下载。"),
            (constants.DEFAULT_TAGS[constants.WARNING], "有 9 条提示还没有说明，可以先保存。"),
            (constants.DEFAULT_TAGS[constants.ERROR], "“6.8.4”不是数字，这一格没有保存。"),
        )
    ]
    context = {
        "states": STATES,
        "lines": _lines(),
        "form": form,
        "sample_messages": sample_messages,
        "programme": SimpleNamespace(name="2020年33项民生工程"),
        "period": SimpleNamespace(label="2020年1—8月", state="open"),
        "period_choices": _choices("2020年1—8月", "2020年1—7月", "2020年1—6月"),
        "context_note": "截至 8月31日",
        "is_demo": True,
        "yardsticks": _choices("全省平均", "全市平均", "时序 66.67%", "节点计划"),
        "filter_choices": _choices("全部", "空", "未确认", "提示", "退回", active=3, counts=(131, 9, 19, 5, 2)),
        "page": Paginator(range(1250), 50).page(3),
        "todos": [
            ToDo(
                "催报颍上县月报",
                "#",
                "再次催报",
                now - timedelta(days=2),
                True,
                "已填 118/131，县住建局、县卫生健康委未签",
            ),
            ToDo(
                "审核太和县月报", "#", "审核", now.replace(hour=15, minute=59, tzinfo=UTC), True, "提示 9 条，均有说明"
            ),
            ToDo("录入全省平均", "#", "录入", now + timedelta(days=4), False, "已录 61 项，缺 35 项"),
        ],
        "changes": [{"at": now - timedelta(hours=2), "text": "临泉县 改了退回的“新开工”：1,986 → 1,968 套"}],
        "last_visit": now - timedelta(days=1),
        "moment": datetime(2020, 9, 17, 0, 36, 5, tzinfo=UTC),
        "money": Decimal("38606000.00"),
        "figures": [Decimal("6809.0000"), Decimal("157.5"), Decimal("-7.25"), Decimal(0), None],
    }
    return render(request, "livelihood/styleguide.html", context)
