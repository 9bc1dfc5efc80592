"""People, places, rights, audit trail and long-running work: what every app stands on."""

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce, Now

from livelihood.audit_words import VERBS, target_name
from livelihood.constraints import one_of
from livelihood.querysets import (
    AgencyQuerySet,
    AuditEventQuerySet,
    JobQuerySet,
    RegionQuerySet,
    RoleGrantQuerySet,
)


class Region(models.Model):
    """行政区划: one node of the tree province, city, county, township."""

    class Kind(models.TextChoices):
        PROVINCE = "province", "省"
        CITY = "city", "市"
        COUNTY = "county", "县(市、区)"
        TOWNSHIP = "township", "乡镇(街道)"

    code = models.CharField("区划代码", max_length=12, help_text="GB/T 2260 六位,乡镇九位")
    name = models.CharField("名称", max_length=60)
    short_name = models.CharField("简称", max_length=30, blank=True)
    kind = models.CharField("层级", max_length=10, choices=Kind)
    parent = models.ForeignKey(
        "self", models.PROTECT, verbose_name="上级", related_name="children", null=True, blank=True
    )
    order = models.PositiveIntegerField("顺序", default=0)

    objects = RegionQuerySet.as_manager()

    class Meta:
        db_table = "region"
        verbose_name = verbose_name_plural = "行政区划"
        ordering = ["order", "code"]
        constraints = [
            models.UniqueConstraint(
                fields=["code"], name="region_code_unique", violation_error_message="区划代码已存在"
            ),
            one_of(
                "region_kind_valid", "kind", ["province", "city", "county", "township"], message="行政区划层级不正确"
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def office_word(self) -> str:
        """Return how the office that runs this place's programmes is called: 省民生办, 市民生办, 县民生办."""
        return f"{self._level}民生办"

    @property
    def level_word(self) -> str:
        """Return how what is this place's own is called: 省级, 市级, 县级, 区级; 本级 of a township."""
        return f"{self._level or '本'}级"

    @property
    def own_word(self) -> str:
        """Return how papers of this place call it: 本省, 本市, 本县, 本区."""
        return f"本{self._level or '地'}"

    @property
    def peer_word(self) -> str:
        """Return what a province counts this place among: 16个市, or of a county or district 104个县."""
        return "县" if self.kind == Region.Kind.COUNTY else "市"

    @property
    def _level(self) -> str:
        words = {Region.Kind.PROVINCE: "省", Region.Kind.CITY: "市", Region.Kind.COUNTY: self.name[-1:]}
        return words.get(self.kind, "")


class Agency(models.Model):
    """责任单位: a bureau or institution of a region (市教育局, 市第二人民医院)."""

    region = models.ForeignKey(Region, models.PROTECT, verbose_name="行政区划", related_name="agencies")
    name = models.CharField("单位名称", max_length=80)
    order = models.PositiveIntegerField("顺序", default=0)

    objects = AgencyQuerySet.as_manager()

    class Meta:
        db_table = "agency"
        verbose_name = verbose_name_plural = "责任单位"
        ordering = ["region__order", "order", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["region", "name"],
                name="agency_name_unique",
                violation_error_message="该行政区划下已有同名单位",
            ),
        ]

    def __str__(self):
        return self.name


class LivelihoodUserManager(UserManager):
    """Adds the one account that stands for the system itself."""

    def system(self):
        """Return the account under which scheduled work acts; it can never log in."""
        user, created = self.get_or_create(username="system", defaults={"full_name": "系统", "is_active": False})
        if created:
            user.set_unusable_password()
            user.save(update_fields=["password"])
        return user


class User(AbstractUser):
    """用户: one person, one account."""

    first_name = None
    last_name = None
    full_name = models.CharField("姓名", max_length=40)
    agency = models.ForeignKey(
        Agency, models.PROTECT, verbose_name="所在单位", related_name="users", null=True, blank=True
    )
    phone = models.CharField("联系电话", max_length=30, blank=True)
    last_seen = models.DateTimeField("最近到访", null=True, blank=True, editable=False)
    visit_before = models.DateTimeField("上次到访", null=True, blank=True, editable=False)

    objects = LivelihoodUserManager()

    class Meta:
        db_table = "account"
        verbose_name = verbose_name_plural = "用户"
        ordering = ["username"]

    def __str__(self):
        return self.full_name or self.username

    def get_full_name(self):
        """Return the person's name as printed beside a signature."""
        return self.full_name

    def get_short_name(self):
        """Return the person's name; Chinese names have no short form."""
        return self.full_name


class RoleGrant(models.Model):
    """角色授权: what a user may do, and where."""

    class Role(models.TextChoices):
        FILLER = "filler", "部门填报人"
        CLERK = "clerk", "县区填报人"
        HEAD = "head", "县区审核人"
        LEAD_AGENCY = "lead_agency", "市直牵头部门"
        CITY_OFFICE = "city_office", "市民生办"
        LEADER = "leader", "领导"
        INSPECTOR = "inspector", "督查人员"
        SUPERVISOR = "supervisor", "特邀监督员"
        SYSTEM_ADMIN = "system_admin", "系统管理员"
        SECURITY_ADMIN = "security_admin", "安全管理员"
        AUDITOR = "auditor", "审计员"

    #: 等保2.0: no one person holds two of these.
    SEPARATED_ROLES = (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR)

    user = models.ForeignKey(User, models.CASCADE, verbose_name="用户", related_name="grants")
    role = models.CharField("角色", max_length=16, choices=Role)
    region = models.ForeignKey(
        Region,
        models.PROTECT,
        verbose_name="行政区划",
        related_name="grants",
        null=True,
        blank=True,
    )
    agency = models.ForeignKey(
        Agency, models.PROTECT, verbose_name="单位", related_name="grants", null=True, blank=True
    )
    programme_code = models.CharField("限年度民生工程", max_length=40, blank=True)
    granted_at = models.DateTimeField("授权时间", db_default=Now())
    granted_by = models.ForeignKey(User, models.PROTECT, verbose_name="授权人", related_name="granted_roles")

    objects = RoleGrantQuerySet.as_manager()

    class Meta:
        db_table = "role_grant"
        verbose_name = verbose_name_plural = "角色授权"
        ordering = ["user", "role", "id"]
        constraints = [
            models.UniqueConstraint(
                F("user"),
                F("role"),
                Coalesce(F("region"), Value(0, output_field=models.BigIntegerField())),
                Coalesce(F("agency"), Value(0, output_field=models.BigIntegerField())),
                F("programme_code"),
                name="role_grant_unique",
                violation_error_message="该用户已有同一范围的这个角色",
            ),
            one_of(
                "role_grant_role_valid",
                "role",
                [
                    "filler",
                    "clerk",
                    "head",
                    "lead_agency",
                    "city_office",
                    "leader",
                    "inspector",
                    "supervisor",
                    "system_admin",
                    "security_admin",
                    "auditor",
                ],
                message="角色不正确",
            ),
            models.CheckConstraint(
                name="role_grant_has_scope",
                condition=Q(role__in=["system_admin", "security_admin", "auditor"])
                | Q(region__isnull=False)
                | Q(agency__isnull=False),
                violation_error_message="请指明角色的行政区划或单位",
            ),
        ]

    def __str__(self):
        return f"{self.user}:{self.get_role_display()}"


class AuditEvent(models.Model):
    """审计记录: one line per service call; never changed, never removed."""

    at = models.DateTimeField("时间", db_default=Now())
    by = models.ForeignKey(User, models.PROTECT, verbose_name="操作人", related_name="audit_events")
    verb = models.CharField("动作", max_length=40)
    target_label = models.CharField("对象类型", max_length=60)
    target_id = models.CharField("对象编号", max_length=40)
    before = models.JSONField("变更前", default=dict)
    after = models.JSONField("变更后", default=dict)
    reason = models.TextField("原因", blank=True)

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        db_table = "audit_event"
        verbose_name = verbose_name_plural = "审计记录"
        ordering = ["id"]
        indexes = [models.Index(fields=["target_label", "target_id"], name="audit_event_target")]

    def __str__(self):
        return f"{VERBS.get(self.verb, self.verb)}：{target_name(self.target_label)} {self.target_id}"


class AuditSeal(models.Model):
    """审计封存: a hash over a run of audit events, chained to the seal before it."""

    from_id = models.BigIntegerField("起始编号")
    to_id = models.BigIntegerField("截止编号")
    event_count = models.PositiveIntegerField("条数")
    sha256 = models.CharField("校验值", max_length=64)
    previous = models.OneToOneField("self", models.PROTECT, verbose_name="上一封存", related_name="next", null=True)
    sealed_at = models.DateTimeField("封存时间", db_default=Now())

    class Meta:
        db_table = "audit_seal"
        verbose_name = verbose_name_plural = "审计封存"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["to_id"], name="audit_seal_to_unique", violation_error_message="该段已封存"
            ),
            models.CheckConstraint(
                name="audit_seal_range_valid",
                condition=Q(to_id__gte=F("from_id")),
                violation_error_message="封存范围不正确",
            ),
        ]

    def __str__(self):
        return f"{self.from_id}—{self.to_id}"


class Job(models.Model):
    """后台任务: long work as a row; the broker is only a doorbell and may forget everything."""

    class State(models.TextChoices):
        QUEUED = "queued", "排队中"
        RUNNING = "running", "进行中"
        DONE = "done", "已完成"
        FAILED = "failed", "失败"
        CANCELLED = "cancelled", "已取消"

    kind = models.CharField("种类", max_length=40)
    key = models.CharField("唯一键", max_length=120)
    payload = models.JSONField("参数", default=dict)
    state = models.CharField("状态", max_length=10, choices=State, default=State.QUEUED)
    lease_until = models.DateTimeField("租约到期", null=True, blank=True)
    attempts = models.PositiveSmallIntegerField("尝试次数", default=0)
    progress = models.PositiveSmallIntegerField("进度(%)", default=0)
    result = models.JSONField("结果", default=dict)
    error = models.TextField("错误", blank=True)
    queued_at = models.DateTimeField("提交时间", db_default=Now())
    queued_by = models.ForeignKey(User, models.PROTECT, verbose_name="提交人", related_name="jobs")
    finished_at = models.DateTimeField("完成时间", null=True, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        db_table = "job"
        verbose_name = verbose_name_plural = "后台任务"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "key"], name="job_key_unique", violation_error_message="任务已存在"
            ),
            one_of(
                "job_state_valid",
                "state",
                ["queued", "running", "done", "failed", "cancelled"],
                message="任务状态不正确",
            ),
            models.CheckConstraint(
                name="job_lease_when_running",
                condition=~Q(state="running") | Q(lease_until__isnull=False),
                violation_error_message="进行中的任务必须有租约",
            ),
            models.CheckConstraint(
                name="job_progress_valid",
                condition=Q(progress__lte=100),
                violation_error_message="进度不能超过100%%",
            ),
        ]

    def __str__(self):
        return f"{self.kind} {self.key}"
