"""The city's places among the cities, frozen with the snapshot."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """A table beside the snapshot's others; what was frozen before has no places."""

    dependencies = [("projects", "0001_initial"), ("supervision", "0012_letters_more")]

    operations = [
        migrations.CreateModel(
            name="SnapshotPlace",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "fund_rate",
                    models.CharField(blank=True, max_length=60, null=True, verbose_name="资金比率"),
                ),
                (
                    "measure",
                    models.CharField(
                        choices=[("rate", "完成率"), ("value", "指标值")], max_length=6, verbose_name="口径"
                    ),
                ),
                (
                    "city_rate",
                    models.DecimalField(decimal_places=6, max_digits=20, null=True, verbose_name="本市公布数"),
                ),
                ("city_place", models.PositiveSmallIntegerField(verbose_name="本市位次")),
                ("city_count", models.PositiveSmallIntegerField(null=True, verbose_name="参评市数")),
                (
                    "indicator",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="snapshot_places",
                        to="projects.indicator",
                        verbose_name="指标",
                    ),
                ),
                (
                    "snapshot",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="places",
                        to="supervision.snapshot",
                        verbose_name="快照",
                    ),
                ),
            ],
            options={
                "verbose_name": "快照位次",
                "verbose_name_plural": "快照位次",
                "db_table": "snapshot_place",
                "ordering": ["snapshot", "indicator", "fund_rate", "measure"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("snapshot", "indicator", "measure"),
                        name="snapshot_place_indicator",
                        violation_error_message="快照位次重复",
                    ),
                    models.UniqueConstraint(
                        fields=("snapshot", "fund_rate", "measure"),
                        name="snapshot_place_fund",
                        violation_error_message="快照位次重复",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("fund_rate__isnull", True), ("indicator__isnull", False))
                        | models.Q(("fund_rate__isnull", False), ("indicator__isnull", True)),
                        name="snapshot_place_one_subject",
                        violation_error_message="位次属于一个指标或一个资金比率",
                    ),
                ],
            },
        ),
    ]
