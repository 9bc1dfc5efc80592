"""The kinds of 通报 an office changed or added, the one a close drafts, and the word its letters are numbered by."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import supervision.models.paper_kind


class Migration(migrations.Migration):
    """Nothing changes for an office that says nothing: shipped kinds, 进展情况 by the close, one series."""

    dependencies = [
        ("livelihood", "0004_supervisor_role"),
        ("supervision", "0010_score_components"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PaperKind",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=30, verbose_name="代码")),
                ("label", models.CharField(max_length=20, verbose_name="名称")),
                ("title", models.CharField(max_length=120, verbose_name="标题")),
                ("lead", models.CharField(max_length=1000, verbose_name="导语")),
                (
                    "issuer",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="空着用发文单位名称",
                        max_length=60,
                        verbose_name="发文机关",
                    ),
                ),
                ("needs_project", models.BooleanField(default=False, verbose_name="只说一个项目")),
                ("sections", models.JSONField(default=supervision.models.paper_kind.empty_list, verbose_name="章节")),
                ("is_active", models.BooleanField(default=True, verbose_name="启用")),
                ("version", models.PositiveIntegerField(default=1, verbose_name="版本")),
                (
                    "updated_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name="更新时间"),
                ),
                (
                    "agency",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="paper_kinds",
                        to="livelihood.agency",
                        verbose_name="发文单位",
                    ),
                ),
                (
                    "updated_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="paper_kinds",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="更新人",
                    ),
                ),
            ],
            options={
                "verbose_name": "通报种类",
                "verbose_name_plural": "通报种类",
                "db_table": "paper_kind",
                "ordering": ["agency", "id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("agency", "code"),
                        name="paper_kind_code_unique",
                        violation_error_message="这一种已经有了",
                    ),
                    models.UniqueConstraint(
                        fields=("agency", "label"),
                        name="paper_kind_label_unique",
                        violation_error_message="已有同名的种类",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("code", ""), _negated=True),
                            models.Q(("label", ""), _negated=True),
                            models.Q(("title", ""), _negated=True),
                            models.Q(("lead", ""), _negated=True),
                        ),
                        name="paper_kind_texts_given",
                        violation_error_message="名称、标题和导语不能空着",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="paperstyle",
            name="close_kind",
            field=models.CharField(default="progress", max_length=30, verbose_name="封账拟稿的种类"),
        ),
        migrations.AddField(
            model_name="paperstyle",
            name="letter_word",
            field=models.CharField(
                blank=True,
                default="",
                help_text="空着与通报共用文号",
                max_length=20,
                verbose_name="督办函发文代字",
            ),
        ),
    ]
