"""The year's list: projects, sub-projects, indicators, and who fills them."""

from django.db import models
from django.db.models import F, Q

from livelihood.constraints import one_of
from livelihood.models import Agency
from projects import querysets
from projects.models.programmes import Participant, Programme


class Project(models.Model):
    """项目: a numbered item of the year's list."""

    class Origin(models.TextChoices):
        PROVINCE = "province", "省定"
        CITY = "city", "市定"
        COUNTY = "county", "县定"

    class Change(models.TextChoices):
        NEW = "new", "新增"
        IMPROVED = "improved", "完善"
        CONTINUED = "continued", "继续"
        ADJUSTED = "adjusted", "调整"
        WITHDRAWN = "withdrawn", "退出"

    programme = models.ForeignKey(Programme, models.PROTECT, verbose_name="年度民生工程", related_name="projects")
    seq = models.PositiveSmallIntegerField("序号")
    name = models.CharField("项目名称", max_length=100)
    origin = models.CharField("来源", max_length=10, choices=Origin, default=Origin.PROVINCE)
    change = models.CharField("变化", max_length=10, choices=Change, default=Change.CONTINUED)
    text = models.TextField("文字任务", blank=True, help_text="没有数量指标的项目写在这里")

    objects = querysets.ProjectQuerySet.as_manager()

    class Meta:
        db_table = "project"
        verbose_name = verbose_name_plural = "项目"
        ordering = ["programme", "seq"]
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "seq"],
                name="project_seq_unique",
                violation_error_message="该年度已有相同序号的项目",
            ),
            models.CheckConstraint(
                name="project_seq_positive",
                condition=Q(seq__gte=1),
                violation_error_message="项目序号从1开始",
            ),
            one_of("project_origin_valid", "origin", ["province", "city", "county"], message="项目来源不正确"),
            one_of(
                "project_change_valid",
                "change",
                ["new", "improved", "continued", "adjusted", "withdrawn"],
                message="项目变化不正确",
            ),
        ]

    def __str__(self):
        return f"{self.seq}. {self.name}"


class SubProject(models.Model):
    """子项: every project has at least one; holds the six responsibility fields."""

    project = models.ForeignKey(Project, models.PROTECT, verbose_name="项目", related_name="sub_projects")
    name = models.CharField("子项名称", max_length=100, blank=True)
    order = models.PositiveSmallIntegerField("顺序", default=0)
    city_leader = models.CharField("市级责任领导", max_length=60, blank=True)
    department_leader = models.CharField("部门责任领导", max_length=60, blank=True)
    lead_agency = models.ForeignKey(
        Agency,
        models.PROTECT,
        verbose_name="牵头单位",
        related_name="led_sub_projects",
        null=True,
        blank=True,
    )
    supporting_agencies = models.ManyToManyField(
        Agency, verbose_name="配合单位", related_name="supported_sub_projects", blank=True
    )
    implementer = models.CharField("实施主体", max_length=100, blank=True)
    due_on = models.DateField("完成时限", null=True, blank=True)

    class Meta:
        db_table = "sub_project"
        verbose_name = verbose_name_plural = "子项"
        ordering = ["project", "order", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "name"],
                name="sub_project_name_unique",
                violation_error_message="该项目下已有同名子项",
            ),
        ]

    def __str__(self):
        return self.name or self.project.name


class Indicator(models.Model):
    """指标: the atom; what a figure is a figure of."""

    class Category(models.TextChoices):
        ENGINEERING = "engineering", "工程类"
        SUBSIDY = "subsidy", "补助类"
        INSURANCE = "insurance", "保险类"
        TRAINING = "training", "培训类"
        SERVICE = "service", "服务类"
        POLICY = "policy", "政策类"

    class Direction(models.TextChoices):
        AT_LEAST = "at_least", "不低于"
        AT_MOST = "at_most", "不超过"
        ABOUT = "about", "左右"

    class Accumulation(models.TextChoices):
        FLOW = "flow", "累计"
        STOCK = "stock", "月末数"
        LEVEL = "level", "比率或标准"

    class Kind(models.TextChoices):
        NUMBER = "number", "数量"
        GROWTH = "growth", "增幅"
        ANNUAL = "annual", "年度指标"
        TEXT = "text", "文字"

    sub_project = models.ForeignKey(SubProject, models.PROTECT, verbose_name="子项", related_name="indicators")
    name = models.CharField("指标名称", max_length=100)
    order = models.PositiveSmallIntegerField("顺序", default=0)
    kind = models.CharField("性质", max_length=8, choices=Kind, default=Kind.NUMBER)
    unit = models.CharField("单位", max_length=16)
    decimals = models.PositiveSmallIntegerField("小数位", default=0)
    category = models.CharField("类型", max_length=12, choices=Category)
    direction = models.CharField("方向", max_length=10, choices=Direction, default=Direction.AT_LEAST)
    accumulation = models.CharField("累计方式", max_length=6, choices=Accumulation, default=Accumulation.FLOW)
    additive = models.BooleanField("可加总", default=True)
    assessed = models.BooleanField("考核", default=True)
    tolerance = models.DecimalField(
        "允许偏差", max_digits=5, decimal_places=4, default="0.05", help_text="“左右”的幅度,0.05即5%"
    )
    part_of = models.ForeignKey(
        "self",
        models.PROTECT,
        verbose_name="其中(属于)",
        related_name="parts",
        null=True,
        blank=True,
    )
    base = models.ForeignKey(
        "self",
        models.PROTECT,
        verbose_name="所依数量",
        related_name="rates",
        null=True,
        blank=True,
        help_text="比率所依的数量指标:数量无任务,比率也无任务(R4)",
    )
    is_starred = models.BooleanField("星号", default=False)

    objects = querysets.IndicatorQuerySet.as_manager()

    class Meta:
        db_table = "indicator"
        verbose_name = verbose_name_plural = "指标"
        ordering = ["sub_project__project", "sub_project__order", "order", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["sub_project", "name"],
                name="indicator_name_unique",
                violation_error_message="该子项下已有同名指标",
            ),
            one_of("indicator_kind_valid", "kind", ["number", "growth", "annual", "text"], message="指标性质不正确"),
            one_of(
                "indicator_category_valid",
                "category",
                ["engineering", "subsidy", "insurance", "training", "service", "policy"],
                message="指标类型不正确",
            ),
            one_of(
                "indicator_direction_valid", "direction", ["at_least", "at_most", "about"], message="指标方向不正确"
            ),
            one_of(
                "indicator_accumulation_valid",
                "accumulation",
                ["flow", "stock", "level"],
                message="累计方式不正确",
            ),
            models.CheckConstraint(
                name="indicator_level_not_additive",
                condition=~Q(accumulation="level") | Q(additive=False),
                violation_error_message="比率和标准不能加总",
            ),
            models.CheckConstraint(
                name="indicator_assessed_number",
                condition=Q(assessed=False) | Q(kind="number", part_of__isnull=True),
                violation_error_message="增幅、年度、文字和“其中”指标不参加考核(R12)",
            ),
            models.CheckConstraint(
                name="indicator_decimals_valid",
                condition=Q(decimals__lte=6),
                violation_error_message="指标小数位为0至6",
            ),
            models.CheckConstraint(
                name="indicator_tolerance_valid",
                condition=Q(tolerance__gte=0, tolerance__lt=1),
                violation_error_message="允许偏差在0与1之间",
            ),
            models.CheckConstraint(
                name="indicator_not_own_part",
                condition=(Q(part_of__isnull=True) | ~Q(part_of=F("id"))) & (Q(base__isnull=True) | ~Q(base=F("id"))),
                violation_error_message="指标不能属于自己",
            ),
        ]

    def __str__(self):
        return self.name


class Assignment(models.Model):
    """填报分工: which 县直主管单位 fills a sub-project for a participant."""

    sub_project = models.ForeignKey(SubProject, models.PROTECT, verbose_name="子项", related_name="assignments")
    participant = models.ForeignKey(Participant, models.PROTECT, verbose_name="考核单位", related_name="assignments")
    agency = models.ForeignKey(Agency, models.PROTECT, verbose_name="填报单位", related_name="assignments")

    class Meta:
        db_table = "assignment"
        verbose_name = verbose_name_plural = "填报分工"
        ordering = ["sub_project", "participant"]
        constraints = [
            models.UniqueConstraint(
                fields=["sub_project", "participant"],
                name="assignment_unique",
                violation_error_message="该子项在该单位已有填报单位",
            ),
        ]

    def __str__(self):
        return f"{self.participant} {self.sub_project}:{self.agency}"
