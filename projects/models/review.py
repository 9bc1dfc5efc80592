"""What happens to a report between filling and approval: signatures of its bureaus, verdicts on cells, opinions."""

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce, Now

from livelihood.constraints import one_of, paired
from livelihood.formats import format_moment, format_number
from livelihood.models import Agency, User
from projects import querysets
from projects.models.cells import AboutCell, one_cell
from projects.models.periods import ReportingPeriod
from projects.models.programmes import Participant
from projects.models.reports import Report


class BureauSignature(models.Model):
    """部门签字: a filling agency vouches for its own cells of a report, as they stood.

    `sha256` is over those cells; a later change of one of them makes the signature stale, it is never removed
    silently. Signing again replaces the row's hash and moment; the audit trail keeps the earlier ones. A
    signature taken back (`withdrawn_at`) no longer counts and stays in the record.
    """

    report = models.ForeignKey(Report, models.PROTECT, verbose_name="月报", related_name="bureau_signatures")
    agency = models.ForeignKey(Agency, models.PROTECT, verbose_name="填报单位", related_name="bureau_signatures")
    sha256 = models.CharField("内容校验值", max_length=64)
    signed_at = models.DateTimeField("签字时间", db_default=Now())
    signed_by = models.ForeignKey(User, models.PROTECT, verbose_name="签字人", related_name="bureau_signatures")
    withdrawn_at = models.DateTimeField("撤回时间", null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        User,
        models.PROTECT,
        verbose_name="撤回人",
        related_name="withdrawn_bureau_signatures",
        null=True,
        blank=True,
    )

    class Meta:
        db_table = "bureau_signature"
        verbose_name = verbose_name_plural = "部门签字"
        ordering = ["report", "agency__order", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["report", "agency"],
                name="bureau_signature_unique",
                violation_error_message="该部门已在这份月报上签字",
            ),
            models.CheckConstraint(
                name="bureau_signature_has_hash",
                condition=~Q(sha256=""),
                violation_error_message="签字必须有内容校验值",
            ),
            paired("bureau_withdrawn_pair", "withdrawn_at", "withdrawn_by", message="撤回时间与撤回人须同时有"),
        ]

    def __str__(self):
        return f"{self.report} {self.agency}签字"


class CellReview(AboutCell):
    """逐格审核: the city office's verdict on one cell, bound to the version of the figure it saw.

    A returned cell is open until its figure changes or the filler answers why it stands (`answer`). A blank cell
    can be returned too: then `figure_version` is 0.
    """

    class Verdict(models.TextChoices):
        PASSED = "passed", "通过"
        RETURNED = "returned", "退回"

    report = models.ForeignKey(Report, models.PROTECT, verbose_name="月报", related_name="cell_reviews")
    participant = models.ForeignKey(Participant, models.PROTECT, verbose_name="考核单位", related_name="cell_reviews")
    nth = models.PositiveSmallIntegerField("第几次")
    verdict = models.CharField("结论", max_length=10, choices=Verdict)
    reason = models.TextField("退回原因", blank=True)
    figure_version = models.PositiveIntegerField("填报数版本", default=0)
    decided_at = models.DateTimeField("审核时间", db_default=Now())
    decided_by = models.ForeignKey(User, models.PROTECT, verbose_name="审核人", related_name="cell_reviews")
    answer = models.TextField("填报人说明", blank=True)
    answered_at = models.DateTimeField("说明时间", null=True, blank=True)
    answered_by = models.ForeignKey(
        User, models.PROTECT, verbose_name="说明人", related_name="answered_cell_reviews", null=True, blank=True
    )

    class Meta:
        db_table = "cell_review"
        verbose_name = verbose_name_plural = "逐格审核"
        ordering = ["report", "participant", "indicator", "cell", "nth"]
        constraints = [
            models.UniqueConstraint(
                F("report"),
                F("participant"),
                Coalesce(F("indicator"), Value(0)),
                F("cell"),
                F("nth"),
                name="cell_review_nth_unique",
                violation_error_message="逐格审核序号重复",
            ),
            one_cell("cell_review_one_cell"),
            one_of("cell_review_verdict_valid", "verdict", ["passed", "returned"], message="审核结论不正确"),
            models.CheckConstraint(
                name="cell_review_return_reason",
                condition=~Q(verdict="returned") | ~Q(reason=""),
                violation_error_message="退回要写明原因",
            ),
            paired("cell_review_answer_pair", "answered_at", "answered_by", message="说明时间与说明人须同时有"),
            models.CheckConstraint(
                name="cell_review_answer_said",
                condition=Q(answered_at__isnull=True) | ~Q(answer=""),
                violation_error_message="说明不能为空",
            ),
        ]

    def __str__(self):
        return f"{self.report} {self.name} {self.get_verdict_display()}"


class LeadConfirmation(models.Model):
    """牵头部门确认: a lead agency has seen its own items in a report and has no objection, as they stood."""

    report = models.ForeignKey(Report, models.PROTECT, verbose_name="月报", related_name="lead_confirmations")
    agency = models.ForeignKey(Agency, models.PROTECT, verbose_name="牵头部门", related_name="lead_confirmations")
    sha256 = models.CharField("内容校验值", max_length=64)
    confirmed_at = models.DateTimeField("确认时间", db_default=Now())
    confirmed_by = models.ForeignKey(User, models.PROTECT, verbose_name="确认人", related_name="lead_confirmations")

    class Meta:
        db_table = "lead_confirmation"
        verbose_name = verbose_name_plural = "牵头部门确认"
        ordering = ["report", "agency__order", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["report", "agency"],
                name="lead_confirmation_unique",
                violation_error_message="该部门已确认这份月报",
            ),
            models.CheckConstraint(
                name="lead_confirmation_has_hash",
                condition=~Q(sha256=""),
                violation_error_message="确认必须有内容校验值",
            ),
        ]

    def __str__(self):
        return f"{self.report} {self.agency}确认"


class LeadObjection(AboutCell):
    """牵头部门异议: a lead agency holds another figure for a cell; shown to the reviewer, blocks nothing.

    Withdrawn by the agency or settled by the city office (`settlement` says how), both kept.
    """

    report = models.ForeignKey(Report, models.PROTECT, verbose_name="月报", related_name="lead_objections")
    participant = models.ForeignKey(
        Participant, models.PROTECT, verbose_name="考核单位", related_name="lead_objections"
    )
    agency = models.ForeignKey(Agency, models.PROTECT, verbose_name="牵头部门", related_name="lead_objections")
    value = models.DecimalField("牵头部门数", max_digits=20, decimal_places=6, null=True, blank=True)
    unit = models.CharField("单位", max_length=16, blank=True, help_text="空的即指标的单位")
    reason = models.TextField("理由")
    figure_version = models.PositiveIntegerField("填报数版本", default=0)
    raised_at = models.DateTimeField("提出时间", db_default=Now())
    raised_by = models.ForeignKey(User, models.PROTECT, verbose_name="提出人", related_name="lead_objections")
    settlement = models.TextField("处理", blank=True)
    settled_at = models.DateTimeField("处理时间", null=True, blank=True)
    settled_by = models.ForeignKey(
        User, models.PROTECT, verbose_name="处理人", related_name="settled_lead_objections", null=True, blank=True
    )

    objects = querysets.LeadObjectionQuerySet.as_manager()

    class Meta:
        db_table = "lead_objection"
        verbose_name = verbose_name_plural = "牵头部门异议"
        ordering = ["report", "id"]
        constraints = [
            one_cell("lead_objection_one_cell"),
            models.CheckConstraint(
                name="lead_objection_has_reason",
                condition=~Q(reason=""),
                violation_error_message="异议要写明理由",
            ),
            paired("lead_objection_settled_pair", "settled_at", "settled_by", message="处理时间与处理人须同时有"),
            models.CheckConstraint(
                name="lead_objection_settlement",
                condition=Q(settled_at__isnull=True) | ~Q(settlement=""),
                violation_error_message="处理异议要写明结果",
            ),
        ]

    def __str__(self):
        return f"{self.report} {self.name} {self.agency}异议"

    @property
    def value_words(self) -> str:
        """Return the agency's figure with its unit, or nothing."""
        if self.value is None:
            return ""
        if self.unit or self.indicator is None:
            return f"{format_number(self.value, 2)} {self.unit}"
        return f"{format_number(self.value, self.indicator.decimals)} {self.indicator.unit}"


class Reminder(models.Model):
    """催报: who was reminded of what, when and by whom; `agency` within the participant where a bureau is meant."""

    period = models.ForeignKey(ReportingPeriod, models.PROTECT, verbose_name="填报期", related_name="reminders")
    participant = models.ForeignKey(
        Participant, models.PROTECT, verbose_name="考核单位", related_name="reminders", null=True, blank=True
    )
    agency = models.ForeignKey(
        Agency, models.PROTECT, verbose_name="部门", related_name="reminders", null=True, blank=True
    )
    text = models.CharField("内容", max_length=300)
    sent_at = models.DateTimeField("催报时间", db_default=Now())
    sent_by = models.ForeignKey(User, models.PROTECT, verbose_name="催报人", related_name="reminders")

    class Meta:
        db_table = "reminder"
        verbose_name = verbose_name_plural = "催报"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="reminder_has_addressee",
                condition=Q(participant__isnull=False) | Q(agency__isnull=False),
                violation_error_message="催报要写明催谁",
            ),
            models.CheckConstraint(
                name="reminder_has_text", condition=~Q(text=""), violation_error_message="催报内容不能为空"
            ),
        ]

    def __str__(self):
        return f"{self.period} 催{self.agency or self.participant}"

    @property
    def words(self) -> str:
        """Return the reminder as its addressee reads it: 市民生办 9月14日 10:20 催报：…"""
        is_county = self.agency_id and self.participant_id and self.participant.kind == Participant.Kind.UNIT
        sender = f"{self.participant}民生办" if is_county else self.period.programme.owner.office_word
        return f"{sender} {format_moment(self.sent_at)} 催报：{self.text}"


class Outage(models.Model):
    """停机记录: the system could not be used; the deadline of the period moves, so that nobody is late for it."""

    period = models.ForeignKey(ReportingPeriod, models.PROTECT, verbose_name="填报期", related_name="outages")
    starts_at = models.DateTimeField("停机开始")
    ends_at = models.DateTimeField("停机结束")
    extended_until = models.DateTimeField("截止顺延至")
    reason = models.CharField("原因", max_length=300)
    recorded_at = models.DateTimeField("记录时间", db_default=Now())
    recorded_by = models.ForeignKey(User, models.PROTECT, verbose_name="记录人", related_name="outages")

    class Meta:
        db_table = "outage"
        verbose_name = verbose_name_plural = "停机记录"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="outage_ends_after_start",
                condition=Q(ends_at__gt=F("starts_at")),
                violation_error_message="停机结束要晚于开始",
            ),
            models.CheckConstraint(
                name="outage_extends_past_end",
                condition=Q(extended_until__gte=F("ends_at")),
                violation_error_message="截止顺延不能早于停机结束",
            ),
            models.CheckConstraint(
                name="outage_has_reason", condition=~Q(reason=""), violation_error_message="停机要写明原因"
            ),
        ]

    def __str__(self):
        return f"{self.period} 停机"
