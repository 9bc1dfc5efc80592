"""Who answers for what, what the paper says in words, what is due on a day, and what an item was last year."""

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce

from livelihood.constraints import one_of, paired
from livelihood.models import Agency, User
from projects.models.catalogue import Project, SubProject
from projects.models.programmes import Participant, Programme


class Responsibility(models.Model):
    """包保责任人: who answers for a sub-project in a unit, by the office held and never by name."""

    sub_project = models.ForeignKey(SubProject, models.PROTECT, verbose_name="子项", related_name="responsibilities")
    participant = models.ForeignKey(
        Participant, models.PROTECT, verbose_name="考核单位", related_name="responsibilities"
    )
    office = models.CharField("包保责任人", max_length=60, help_text="写职务，如“县政府副县长”，不写姓名")
    order = models.PositiveSmallIntegerField("顺序", default=0)

    class Meta:
        db_table = "responsibility"
        verbose_name = verbose_name_plural = "包保责任人"
        ordering = ["sub_project", "participant", "order", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["sub_project", "participant", "office"],
                name="responsibility_unique",
                violation_error_message="该子项在该单位已有相同职务的包保责任人",
            ),
            models.CheckConstraint(
                name="responsibility_has_office",
                condition=~Q(office=""),
                violation_error_message="包保责任人要写明职务",
            ),
        ]

    def __str__(self):
        return f"{self.participant} {self.sub_project}:{self.office}"


class TargetSentence(models.Model):
    """目标原文: an item's task for a unit as the paper prints it, beside the numbers taken from it."""

    sub_project = models.ForeignKey(SubProject, models.PROTECT, verbose_name="子项", related_name="target_sentences")
    participant = models.ForeignKey(
        Participant, models.PROTECT, verbose_name="考核单位", related_name="target_sentences"
    )
    text = models.TextField("目标原文")
    document = models.CharField("依据文件", max_length=120, blank=True)

    class Meta:
        db_table = "target_sentence"
        verbose_name = verbose_name_plural = "目标原文"
        ordering = ["sub_project", "participant"]
        constraints = [
            models.UniqueConstraint(
                fields=["sub_project", "participant"],
                name="target_sentence_unique",
                violation_error_message="该子项在该单位已有目标原文",
            ),
            models.CheckConstraint(
                name="target_sentence_has_text",
                condition=~Q(text=""),
                violation_error_message="目标原文不能为空",
            ),
        ]

    def __str__(self):
        return f"{self.participant} {self.sub_project} 目标原文"


class DatedTask(models.Model):
    """限期任务: something due on a day without a number (3月20日前方案备案), for a unit or for all of them."""

    sub_project = models.ForeignKey(SubProject, models.PROTECT, verbose_name="子项", related_name="dated_tasks")
    participant = models.ForeignKey(
        Participant,
        models.PROTECT,
        verbose_name="考核单位",
        related_name="dated_tasks",
        null=True,
        blank=True,
        help_text="空白即整个项目",
    )
    due_on = models.DateField("时限")
    text = models.CharField("任务", max_length=200)
    printed_due = models.CharField("时限原文", max_length=40, blank=True, help_text="如“4月中旬前”")
    agency = models.ForeignKey(
        Agency,
        models.PROTECT,
        verbose_name="责任单位",
        related_name="dated_tasks",
        null=True,
        blank=True,
        help_text="空白即牵头单位",
    )
    done_on = models.DateField("完成日期", null=True, blank=True)
    done_at = models.DateTimeField("登记时间", null=True, blank=True)
    done_by = models.ForeignKey(
        User, models.PROTECT, verbose_name="登记人", related_name="done_dated_tasks", null=True, blank=True
    )
    evidence_note = models.TextField("完成依据", blank=True)

    class Meta:
        db_table = "dated_task"
        verbose_name = verbose_name_plural = "限期任务"
        ordering = ["due_on", "sub_project", "id"]
        constraints = [
            models.UniqueConstraint(
                F("sub_project"),
                Coalesce(F("participant"), Value(0)),
                F("due_on"),
                F("text"),
                name="dated_task_unique",
                violation_error_message="该子项在这一天已有相同的限期任务",
            ),
            models.CheckConstraint(
                name="dated_task_has_text",
                condition=~Q(text=""),
                violation_error_message="限期任务要写明做什么",
            ),
            paired("dated_task_done_pair", "done_at", "done_by", message="登记时间与登记人须同时有"),
            models.CheckConstraint(
                name="dated_task_done_evidence",
                condition=Q(done_on__isnull=True, done_at__isnull=True, evidence_note="")
                | (Q(done_on__isnull=False, done_at__isnull=False) & ~Q(evidence_note="")),
                violation_error_message="完成的限期任务要有完成日期和依据，没有完成的都不写",
            ),
        ]

    def __str__(self):
        return f"{self.sub_project} {self.due_on} {self.text}"


class ProjectLineage(models.Model):
    """项目沿革: what became of an item in the next year's list; many to many, 退出 leads nowhere."""

    class Kind(models.TextChoices):
        CONTINUED = "continued", "延续"
        MERGED = "merged", "合并"
        SPLIT = "split", "拆分"
        WITHDRAWN = "withdrawn", "退出"

    from_project = models.ForeignKey(Project, models.PROTECT, verbose_name="上年项目", related_name="successions")
    to_project = models.ForeignKey(
        Project, models.PROTECT, verbose_name="本年项目", related_name="origins", null=True, blank=True
    )
    kind = models.CharField("沿革", max_length=10, choices=Kind, default=Kind.CONTINUED)
    note = models.CharField("说明", max_length=200, blank=True)

    class Meta:
        db_table = "project_lineage"
        verbose_name = verbose_name_plural = "项目沿革"
        ordering = ["from_project", "to_project", "id"]
        constraints = [
            models.UniqueConstraint(
                F("from_project"),
                Coalesce(F("to_project"), Value(0)),
                F("note"),
                name="project_lineage_unique",
                violation_error_message="这两个项目之间已有同样的沿革",
            ),
            one_of(
                "lineage_kind_valid", "kind", ["continued", "merged", "split", "withdrawn"], message="项目沿革不正确"
            ),
            models.CheckConstraint(
                name="lineage_withdrawn_ends",
                condition=Q(kind="withdrawn", to_project__isnull=True)
                | (~Q(kind="withdrawn") & Q(to_project__isnull=False)),
                violation_error_message="退出的项目没有本年项目,其他沿革要有本年项目",
            ),
            models.CheckConstraint(
                name="lineage_not_itself",
                condition=Q(to_project__isnull=True) | ~Q(to_project=F("from_project")),
                violation_error_message="项目不能延续自己",
            ),
        ]

    def __str__(self):
        return f"{self.from_project} {self.get_kind_display()}"


class PaperConflict(models.Model):
    """文件出入: where the papers contradict themselves; both readings are kept as printed (R16)."""

    programme = models.ForeignKey(
        Programme, models.PROTECT, verbose_name="年度民生工程", related_name="paper_conflicts"
    )
    project = models.ForeignKey(
        Project, models.PROTECT, verbose_name="项目", related_name="paper_conflicts", null=True, blank=True
    )
    subject = models.CharField("事项", max_length=60)
    first = models.CharField("一处写", max_length=200)
    second = models.CharField("另一处写", max_length=200)
    taken = models.CharField("本系统采用", max_length=200, blank=True)

    class Meta:
        db_table = "paper_conflict"
        verbose_name = verbose_name_plural = "文件出入"
        ordering = ["programme", "project__seq", "id"]
        constraints = [
            models.UniqueConstraint(
                F("programme"),
                Coalesce(F("project"), Value(0)),
                F("subject"),
                name="paper_conflict_unique",
                violation_error_message="该项目已有同名的文件出入",
            ),
            models.CheckConstraint(
                name="paper_conflict_both_said",
                condition=~Q(subject="") & ~Q(first="") & ~Q(second=""),
                violation_error_message="文件出入要写明事项和两处的写法",
            ),
            models.CheckConstraint(
                name="paper_conflict_differs",
                condition=~Q(first=F("second")),
                violation_error_message="两处写法相同，不是出入",
            ),
        ]

    def __str__(self):
        return self.sentence

    @property
    def sentence(self) -> str:
        """Return the conflict in one sentence, the item in front."""
        about = f"第{self.project.seq}项" if self.project else ""
        taken = f"采用：{self.taken}。" if self.taken else ""
        return f"{about}{self.subject}前后不一：①{self.first}；②{self.second}。{taken}"
