import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('livelihood', '0003_cancelled_jobs'),
        ('projects', '0007_figure_period_index'),
        ('supervision', '0005_kept_files'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Check',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('waiting', '待核对'), ('agreed', '无异议'), ('objected', '有异议')], default='waiting', max_length=8, verbose_name='状态')),
                ('due_on', models.DateField(verbose_name='核对截止日')),
                ('opened_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='送核时间')),
                ('answered_at', models.DateTimeField(blank=True, null=True, verbose_name='答复时间')),
                ('agency', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='checks', to='livelihood.agency', verbose_name='牵头部门')),
                ('opened_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='opened_checks', to=settings.AUTH_USER_MODEL, verbose_name='送核人')),
                ('answered_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='answered_checks', to=settings.AUTH_USER_MODEL, verbose_name='答复人')),
                ('carried_from', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='carried_to', to='supervision.check', verbose_name='上一版的核对单')),
                ('participant', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='checks', to='projects.participant', verbose_name='考核单位')),
                ('since', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='supervision.snapshot', verbose_name='上次答复的快照')),
                ('snapshot', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='checks', to='supervision.snapshot', verbose_name='快照')),
            ],
            options={
                'verbose_name': '核对单',
                'verbose_name_plural': '核对单',
                'db_table': 'snapshot_check',
                'ordering': ['snapshot', 'participant__order', 'agency__order', 'id'],
            },
        ),
        migrations.CreateModel(
            name='CheckLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=60, verbose_name='行')),
                ('nth', models.PositiveSmallIntegerField(default=1, verbose_name='第几次')),
                ('topic', models.CharField(choices=[('figure', '指标'), ('fund', '资金'), ('discipline', '报送情况'), ('place', '综合位次')], max_length=10, verbose_name='内容')),
                ('label', models.CharField(max_length=200, verbose_name='行的名称')),
                ('printed', models.CharField(blank=True, max_length=100, verbose_name='快照中的数')),
                ('value', models.DecimalField(blank=True, decimal_places=6, max_digits=20, null=True, verbose_name='本单位数')),
                ('decimals', models.PositiveSmallIntegerField(default=0, verbose_name='小数位')),
                ('unit', models.CharField(blank=True, max_length=16, verbose_name='单位')),
                ('reason', models.TextField(verbose_name='理由')),
                ('state', models.CharField(choices=[('open', '待处理'), ('accepted', '采纳'), ('rejected', '不采纳'), ('withdrawn', '已撤回')], default='open', max_length=10, verbose_name='处理')),
                ('answer', models.TextField(blank=True, verbose_name='答复')),
                ('raised_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='提出时间')),
                ('settled_at', models.DateTimeField(blank=True, null=True, verbose_name='处理时间')),
                ('check_of', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='objections', to='supervision.check', verbose_name='核对单')),
                ('indicator', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='check_lines', to='projects.indicator', verbose_name='指标')),
                ('participant', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='check_lines', to='projects.participant', verbose_name='考核单位')),
                ('raised_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='raised_check_lines', to=settings.AUTH_USER_MODEL, verbose_name='提出人')),
                ('settled_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='settled_check_lines', to=settings.AUTH_USER_MODEL, verbose_name='处理人')),
            ],
            options={
                'verbose_name': '核对异议',
                'verbose_name_plural': '核对异议',
                'db_table': 'check_line',
                'ordering': ['check_of', 'id'],
            },
        ),
        migrations.AddConstraint(
            model_name='check',
            constraint=models.UniqueConstraint(fields=('snapshot', 'participant'), name='check_participant_unique', violation_error_message='该单位在这一版快照已有核对单'),
        ),
        migrations.AddConstraint(
            model_name='check',
            constraint=models.UniqueConstraint(fields=('snapshot', 'agency'), name='check_agency_unique', violation_error_message='该部门在这一版快照已有核对单'),
        ),
        migrations.AddConstraint(
            model_name='check',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('agency__isnull', True), ('participant__isnull', False)), models.Q(('agency__isnull', False), ('participant__isnull', True)), _connector='OR'), name='check_one_addressee', violation_error_message='核对单要么给单位,要么给牵头部门'),
        ),
        migrations.AddConstraint(
            model_name='check',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['waiting', 'agreed', 'objected'])), name='check_state_valid', violation_error_message='核对状态不正确'),
        ),
        migrations.AddConstraint(
            model_name='check',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('answered_at__isnull', False), ('answered_by__isnull', False)), models.Q(('answered_at__isnull', True), ('answered_by__isnull', True)), _connector='OR'), name='check_answered_pair', violation_error_message='答复时间与答复人须同时有'),
        ),
        migrations.AddConstraint(
            model_name='check',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('answered_at__isnull', True), ('state', 'waiting')), models.Q(models.Q(('state', 'waiting'), _negated=True), ('answered_at__isnull', False)), _connector='OR'), name='check_answer_has_moment', violation_error_message='有答复才有答复时间'),
        ),
        migrations.AddConstraint(
            model_name='checkline',
            constraint=models.UniqueConstraint(fields=('check_of', 'key', 'nth'), name='check_line_nth_unique', violation_error_message='这一行的异议重复'),
        ),
        migrations.AddConstraint(
            model_name='checkline',
            constraint=models.CheckConstraint(condition=models.Q(('topic__in', ['figure', 'fund', 'discipline', 'place'])), name='check_line_topic_valid', violation_error_message='内容不正确'),
        ),
        migrations.AddConstraint(
            model_name='checkline',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['open', 'accepted', 'rejected', 'withdrawn'])), name='check_line_state_valid', violation_error_message='异议的处理不正确'),
        ),
        migrations.AddConstraint(
            model_name='checkline',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='check_line_has_reason', violation_error_message='异议要写明理由'),
        ),
        migrations.AddConstraint(
            model_name='checkline',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('indicator__isnull', False), ('participant__isnull', False), ('topic', 'figure')), models.Q(models.Q(('topic', 'figure'), _negated=True), ('indicator__isnull', True)), _connector='OR'), name='check_line_figure_named', violation_error_message='指标的异议要写明指标和单位'),
        ),
        migrations.AddConstraint(
            model_name='checkline',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('settled_at__isnull', False), ('settled_by__isnull', False)), models.Q(('settled_at__isnull', True), ('settled_by__isnull', True)), _connector='OR'), name='check_line_settled_pair', violation_error_message='处理时间与处理人须同时有'),
        ),
        migrations.AddConstraint(
            model_name='checkline',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('settled_at__isnull', True), ('state', 'open')), models.Q(models.Q(('state', 'open'), _negated=True), ('settled_at__isnull', False), models.Q(('answer', ''), _negated=True)), _connector='OR'), name='check_line_settled_said', violation_error_message='处理异议要写明结果'),
        ),
    ]
