import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('projects', '0007_figure_period_index'),
        ('supervision', '0008_rectification'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Disclosure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('nth', models.PositiveSmallIntegerField(verbose_name='第几次公示')),
                ('opens_on', models.DateField(verbose_name='公示开始')),
                ('closes_on', models.DateField(help_text='含当日', verbose_name='公示截止')),
                ('address', models.CharField(max_length=120, verbose_name='异议受理地址')),
                ('phone', models.CharField(max_length=40, verbose_name='联系电话')),
                ('content', models.JSONField(verbose_name='内容')),
                ('sha256', models.CharField(max_length=64, verbose_name='内容校验值')),
                ('published_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='公示时间')),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True, verbose_name='撤回时间')),
                ('withdrawal_reason', models.CharField(blank=True, max_length=200, verbose_name='撤回原因')),
                ('document', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='disclosures', to='supervision.document', verbose_name='公文')),
                ('published_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='disclosures', to=settings.AUTH_USER_MODEL, verbose_name='公示人')),
                ('withdrawn_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='withdrawn_disclosures', to=settings.AUTH_USER_MODEL, verbose_name='撤回人')),
            ],
            options={
                'verbose_name': '公示',
                'verbose_name_plural': '公示',
                'db_table': 'disclosure',
                'ordering': ['-document__period__ends_on', '-id'],
            },
        ),
        migrations.CreateModel(
            name='DisclosureFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('edition', models.CharField(choices=[('open', '公示期内'), ('closed', '公示期满')], max_length=6, verbose_name='时段')),
                ('file', models.FileField(max_length=200, upload_to='disclosures/%Y/%m/', verbose_name='文件')),
                ('sha256', models.CharField(max_length=64, verbose_name='文件校验值')),
                ('size', models.PositiveIntegerField(verbose_name='字节数')),
                ('rendered_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='生成时间')),
                ('disclosure', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='files', to='supervision.disclosure', verbose_name='公示')),
            ],
            options={
                'verbose_name': '公示文件',
                'verbose_name_plural': '公示文件',
                'db_table': 'disclosure_file',
                'ordering': ['disclosure', 'edition'],
            },
        ),
        migrations.CreateModel(
            name='DisclosureObjection',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('nth', models.PositiveSmallIntegerField(verbose_name='序号')),
                ('received_on', models.DateField(verbose_name='收到日期')),
                ('way', models.CharField(choices=[('letter', '书面'), ('phone', '电话'), ('mailbox', '信箱')], default='letter', max_length=8, verbose_name='方式')),
                ('person', models.CharField(help_text='只有本办看得到', max_length=50, verbose_name='异议人')),
                ('contact', models.CharField(blank=True, help_text='只有本办看得到', max_length=100, verbose_name='联系方式')),
                ('text', models.TextField(max_length=2000, verbose_name='异议内容')),
                ('due_on', models.DateField(verbose_name='答复期限')),
                ('entered_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='登记时间')),
                ('answer', models.TextField(blank=True, max_length=2000, verbose_name='答复')),
                ('answered_at', models.DateTimeField(blank=True, null=True, verbose_name='答复时间')),
                ('answered_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='answered_objections', to=settings.AUTH_USER_MODEL, verbose_name='答复人')),
                ('disclosure', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='objections', to='supervision.disclosure', verbose_name='公示')),
                ('entered_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entered_objections', to=settings.AUTH_USER_MODEL, verbose_name='登记人')),
                ('participant', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='objections', to='projects.participant', verbose_name='考核单位')),
                ('project', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='objections', to='projects.project', verbose_name='项目')),
                ('rectification', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='objection', to='supervision.rectification', verbose_name='整改')),
            ],
            options={
                'verbose_name': '公示异议',
                'verbose_name_plural': '公示异议',
                'db_table': 'disclosure_objection',
                'ordering': ['disclosure', 'nth'],
            },
        ),
        migrations.AddConstraint(
            model_name='disclosure',
            constraint=models.UniqueConstraint(fields=('document', 'nth'), name='disclosure_nth_unique', violation_error_message='这份公文的这次公示已经有了'),
        ),
        migrations.AddConstraint(
            model_name='disclosure',
            constraint=models.CheckConstraint(condition=models.Q(('closes_on__gte', models.F('opens_on'))), name='disclosure_window_order', violation_error_message='公示截止不能早于开始'),
        ),
        migrations.AddConstraint(
            model_name='disclosure',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('withdrawn_at__isnull', False), ('withdrawn_by__isnull', False)), models.Q(('withdrawn_at__isnull', True), ('withdrawn_by__isnull', True)), _connector='OR'), name='disclosure_withdrawn_pair', violation_error_message='撤回时间与撤回人须同时有'),
        ),
        migrations.AddConstraint(
            model_name='disclosure',
            constraint=models.CheckConstraint(condition=models.Q(('withdrawn_at__isnull', True), models.Q(('withdrawal_reason', ''), _negated=True), _connector='OR'), name='disclosure_withdrawn_reason', violation_error_message='撤回公示要写原因'),
        ),
        migrations.AddConstraint(
            model_name='disclosurefile',
            constraint=models.UniqueConstraint(fields=('disclosure', 'edition'), name='disclosure_file_unique', violation_error_message='这次公示已有这个时段的文件'),
        ),
        migrations.AddConstraint(
            model_name='disclosurefile',
            constraint=models.CheckConstraint(condition=models.Q(('edition__in', ['open', 'closed'])), name='disclosure_edition_valid', violation_error_message='公示时段不正确'),
        ),
        migrations.AddConstraint(
            model_name='disclosureobjection',
            constraint=models.UniqueConstraint(fields=('disclosure', 'nth'), name='objection_nth_unique', violation_error_message='这个序号的异议已经有了'),
        ),
        migrations.AddConstraint(
            model_name='disclosureobjection',
            constraint=models.CheckConstraint(condition=models.Q(('way__in', ['letter', 'phone', 'mailbox'])), name='objection_way_valid', violation_error_message='异议方式不正确'),
        ),
        migrations.AddConstraint(
            model_name='disclosureobjection',
            constraint=models.CheckConstraint(condition=models.Q(('due_on__gte', models.F('received_on'))), name='objection_due_after', violation_error_message='答复期限不能早于收到日期'),
        ),
        migrations.AddConstraint(
            model_name='disclosureobjection',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('answered_at__isnull', False), ('answered_by__isnull', False)), models.Q(('answered_at__isnull', True), ('answered_by__isnull', True)), _connector='OR'), name='objection_answered_pair', violation_error_message='答复时间与答复人须同时有'),
        ),
        migrations.AddConstraint(
            model_name='disclosureobjection',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('answer', ''), ('answered_at__isnull', True)), models.Q(('answered_at__isnull', False), models.Q(('answer', ''), _negated=True)), _connector='OR'), name='objection_answer_whole', violation_error_message='答复要有内容'),
        ),
    ]
