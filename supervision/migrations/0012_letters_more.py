"""A re-check of a letter names the inspection it rests on; a number typed that is none stays in its text."""

import django.db.models.deletion
from django.db import migrations, models

#: A number that is no recorded inspection was what somebody wrote: it is kept where it can be read.
KEEP_TYPED = """
    UPDATE letter_recheck SET text = text || '（督查记录编号：' || inspection_id || '）', inspection_id = NULL
    WHERE inspection_id IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM inspection i WHERE i.id = letter_recheck.inspection_id AND i.state = 'recorded')
"""


class Migration(migrations.Migration):
    """The column keeps its name; what it holds is held to be an inspection."""

    dependencies = [("supervision", "0011_paper_kinds")]

    operations = [
        migrations.RunSQL(KEEP_TYPED, migrations.RunSQL.noop),
        migrations.RenameField("letterrecheck", "inspection_id", "inspection"),
        migrations.AlterField(
            model_name="letterrecheck",
            name="inspection",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="letter_rechecks",
                to="supervision.inspection",
                verbose_name="督查记录",
            ),
        ),
    ]
