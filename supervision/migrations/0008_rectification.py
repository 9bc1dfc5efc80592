import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('livelihood', '0004_supervisor_role'),
        ('projects', '0007_figure_period_index'),
        ('supervision', '0007_letters'),
    ]

    operations = [
        migrations.CreateModel(
            name='Inspection',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('inspection', '督查'), ('covert', '暗访')], default='inspection', max_length=12, verbose_name='方式')),
                ('visited_on', models.DateField(verbose_name='日期')),
                ('place', models.CharField(blank=True, max_length=120, verbose_name='点位')),
                ('people', models.CharField(blank=True, max_length=200, verbose_name='督查人员')),
                ('text', models.TextField(blank=True, verbose_name='情况')),
                ('client_key', models.UUIDField(verbose_name='记录号')),
                ('state', models.CharField(choices=[('draft', '草稿'), ('recorded', '已记录')], default='draft', max_length=10, verbose_name='状态')),
                ('entered', models.JSONField(blank=True, default=dict, verbose_name='草稿内容')),
                ('added_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='建立时间')),
                ('recorded_at', models.DateTimeField(blank=True, null=True, verbose_name='记录时间')),
                ('added_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='inspections', to=settings.AUTH_USER_MODEL, verbose_name='记录人')),
                ('participant', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='inspections', to='projects.participant', verbose_name='考核单位')),
                ('programme', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='inspections', to='projects.programme', verbose_name='年度民生工程')),
                ('project', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='inspections', to='projects.project', verbose_name='项目')),
            ],
            options={
                'verbose_name': '督查记录',
                'verbose_name_plural': '督查记录',
                'db_table': 'inspection',
                'ordering': ['-visited_on', '-id'],
            },
        ),
        migrations.CreateModel(
            name='Interview',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('interview', '约谈'), ('consultation', '会商')], max_length=12, verbose_name='方式')),
                ('held_on', models.DateField(verbose_name='日期')),
                ('place', models.CharField(blank=True, max_length=120, verbose_name='地点')),
                ('chaired_by', models.CharField(blank=True, help_text='写职务', max_length=60, verbose_name='主持人')),
                ('subject', models.CharField(max_length=200, verbose_name='事由')),
                ('attendees', models.TextField(blank=True, verbose_name='参加人员')),
                ('text', models.TextField(verbose_name='纪要')),
                ('added_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='登记时间')),
                ('added_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='interviews', to=settings.AUTH_USER_MODEL, verbose_name='登记人')),
                ('agencies', models.ManyToManyField(blank=True, db_table='interview_agency', related_name='interviews', to='livelihood.agency', verbose_name='单位')),
                ('document', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='interviews', to='supervision.document', verbose_name='依据公文')),
                ('participants', models.ManyToManyField(blank=True, db_table='interview_participant', related_name='interviews', to='projects.participant', verbose_name='考核单位')),
                ('programme', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='interviews', to='projects.programme', verbose_name='年度民生工程')),
            ],
            options={
                'verbose_name': '约谈会商',
                'verbose_name_plural': '约谈会商',
                'db_table': 'interview',
                'ordering': ['-held_on', '-id'],
            },
        ),
        migrations.CreateModel(
            name='InspectionPhoto',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('removed_at', models.DateTimeField(blank=True, null=True, verbose_name='移除时间')),
                ('inspection', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='photos', to='supervision.inspection', verbose_name='督查记录')),
                ('removed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='removed_photos', to=settings.AUTH_USER_MODEL, verbose_name='移除人')),
                ('file', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='inspection_photos', to='supervision.keptfile', verbose_name='文件')),
            ],
            options={
                'verbose_name': '督查照片',
                'verbose_name_plural': '督查照片',
                'db_table': 'inspection_photo',
                'ordering': ['inspection', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Rectification',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seq', models.PositiveIntegerField(verbose_name='编号')),
                ('source', models.CharField(choices=[('ranking', '排名'), ('inspection', '督查'), ('audit', '审计'), ('complaint', '投诉'), ('letter', '督办函'), ('disclosure', '公示异议'), ('interview', '约谈会商'), ('other', '其他')], max_length=12, verbose_name='来源')),
                ('source_note', models.CharField(blank=True, max_length=200, verbose_name='来源说明')),
                ('problem', models.TextField(verbose_name='问题')),
                ('task', models.TextField(blank=True, verbose_name='任务')),
                ('standard', models.TextField(blank=True, verbose_name='标准')),
                ('person', models.CharField(blank=True, help_text='写职务,如分管副局长', max_length=60, verbose_name='责任人')),
                ('cause', models.TextField(blank=True, verbose_name='原因')),
                ('measures', models.TextField(blank=True, verbose_name='措施')),
                ('deadline', models.DateField(blank=True, null=True, verbose_name='整改时限')),
                ('state', models.CharField(choices=[('opened', '开立'), ('assigned', '已交办'), ('underway', '整改中'), ('reported', '待验收'), ('closed', '已销号')], default='opened', max_length=10, verbose_name='状态')),
                ('recurrence', models.PositiveSmallIntegerField(default=0, verbose_name='第几次复发')),
                ('opened_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='开立时间')),
                ('assigned_at', models.DateTimeField(blank=True, null=True, verbose_name='交办时间')),
                ('reported_at', models.DateTimeField(blank=True, null=True, verbose_name='报完成时间')),
                ('closed_at', models.DateTimeField(blank=True, null=True, verbose_name='销号时间')),
                ('verification', models.TextField(blank=True, verbose_name='验收意见')),
                ('agency', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='rectifications', to='livelihood.agency', verbose_name='责任单位')),
                ('assigned_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='assigned_rectifications', to=settings.AUTH_USER_MODEL, verbose_name='交办人')),
                ('closed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='closed_rectifications', to=settings.AUTH_USER_MODEL, verbose_name='销号人')),
                ('document', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='rectifications', to='supervision.document', verbose_name='依据公文')),
                ('earlier', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='later', to='supervision.rectification', verbose_name='上一次')),
                ('interview', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='rectifications', to='supervision.interview', verbose_name='约谈会商')),
                ('opened_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='opened_rectifications', to=settings.AUTH_USER_MODEL, verbose_name='开立人')),
                ('participant', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='rectifications', to='projects.participant', verbose_name='考核单位')),
                ('programme', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rectifications', to='projects.programme', verbose_name='年度民生工程')),
                ('project', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='rectifications', to='projects.project', verbose_name='项目')),
                ('reported_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reported_rectifications', to=settings.AUTH_USER_MODEL, verbose_name='报完成人')),
            ],
            options={
                'verbose_name': '整改事项',
                'verbose_name_plural': '整改事项',
                'db_table': 'rectification',
                'ordering': ['programme', 'seq'],
            },
        ),
        migrations.CreateModel(
            name='InspectionFinding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('found_on', models.DateField(verbose_name='发现日期')),
                ('reason', models.CharField(choices=[('progress', '进度滞后'), ('stopped', '现场停工'), ('quality', '质量'), ('safety', '安全'), ('funds', '资金'), ('upkeep', '管护'), ('papers', '资料不全'), ('unmended', '整改不到位')], max_length=10, verbose_name='原因类型')),
                ('also', models.JSONField(blank=True, default=list, verbose_name='其他原因')),
                ('problem', models.TextField(verbose_name='问题')),
                ('points', models.DecimalField(blank=True, decimal_places=2, max_digits=5, null=True, verbose_name='扣分')),
                ('inspection', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='findings', to='supervision.inspection', verbose_name='督查记录')),
                ('participant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='inspection_findings', to='projects.participant', verbose_name='考核单位')),
                ('programme', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='inspection_findings', to='projects.programme', verbose_name='年度民生工程')),
                ('project', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='inspection_findings', to='projects.project', verbose_name='项目')),
                ('rectification', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='finding', to='supervision.rectification', verbose_name='整改事项')),
            ],
            options={
                'verbose_name': '督查发现',
                'verbose_name_plural': '督查发现',
                'db_table': 'inspection_finding',
                'ordering': ['found_on', 'id'],
            },
        ),
        migrations.CreateModel(
            name='RectificationFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('moment', models.CharField(choices=[('before', '整改前'), ('after', '整改后')], max_length=8, verbose_name='前后')),
                ('file', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rectification_files', to='supervision.keptfile', verbose_name='文件')),
                ('rectification', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='files', to='supervision.rectification', verbose_name='整改事项')),
            ],
            options={
                'verbose_name': '整改佐证',
                'verbose_name_plural': '整改佐证',
                'db_table': 'rectification_file',
                'ordering': ['rectification', 'id'],
            },
        ),
        migrations.CreateModel(
            name='RectificationStep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('opened', '开立'), ('assigned', '交办'), ('changed', '修改清单'), ('filled', '填写原因和措施'), ('progress', '整改进展'), ('extended', '延期'), ('reported', '报完成'), ('returned', '退回'), ('closed', '销号'), ('recurred', '复发')], max_length=10, verbose_name='事项')),
                ('text', models.TextField(blank=True, verbose_name='内容')),
                ('old_deadline', models.DateField(blank=True, null=True, verbose_name='原时限')),
                ('new_deadline', models.DateField(blank=True, null=True, verbose_name='新时限')),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='时间')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rectification_steps', to=settings.AUTH_USER_MODEL, verbose_name='经办人')),
                ('rectification', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='steps', to='supervision.rectification', verbose_name='整改事项')),
            ],
            options={
                'verbose_name': '整改记录',
                'verbose_name_plural': '整改记录',
                'db_table': 'rectification_step',
                'ordering': ['rectification', 'id'],
            },
        ),
        migrations.AddConstraint(
            model_name='inspection',
            constraint=models.UniqueConstraint(fields=('added_by', 'client_key'), name='inspection_key_unique', violation_error_message='这条督查记录已经存过'),
        ),
        migrations.AddConstraint(
            model_name='inspection',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['inspection', 'covert'])), name='inspection_kind_valid', violation_error_message='督查方式不正确'),
        ),
        migrations.AddConstraint(
            model_name='inspection',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['draft', 'recorded'])), name='inspection_state_valid', violation_error_message='督查记录状态不正确'),
        ),
        migrations.AddConstraint(
            model_name='inspection',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('recorded_at__isnull', True), ('state', 'draft')), models.Q(('participant__isnull', False), ('recorded_at__isnull', False), ('state', 'recorded')), _connector='OR'), name='inspection_recorded_when', violation_error_message='督查记录要有考核单位和记录时间'),
        ),
        migrations.AddConstraint(
            model_name='interview',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['interview', 'consultation'])), name='interview_kind_valid', violation_error_message='约谈会商方式不正确'),
        ),
        migrations.AddConstraint(
            model_name='inspectionphoto',
            constraint=models.UniqueConstraint(fields=('inspection', 'file'), name='inspection_photo_unique', violation_error_message='这张照片已经在这条记录里'),
        ),
        migrations.AddConstraint(
            model_name='inspectionphoto',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('removed_at__isnull', False), ('removed_by__isnull', False)), models.Q(('removed_at__isnull', True), ('removed_by__isnull', True)), _connector='OR'), name='inspection_photo_removed_pair', violation_error_message='移除时间与移除人须同时有'),
        ),
        migrations.AddConstraint(
            model_name='rectification',
            constraint=models.UniqueConstraint(fields=('programme', 'seq'), name='rectification_seq_unique', violation_error_message='整改编号已存在'),
        ),
        migrations.AddConstraint(
            model_name='rectification',
            constraint=models.CheckConstraint(condition=models.Q(('source__in', ['ranking', 'inspection', 'audit', 'complaint', 'letter', 'disclosure', 'interview', 'other'])), name='rectification_source_valid', violation_error_message='整改来源不正确'),
        ),
        migrations.AddConstraint(
            model_name='rectification',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['opened', 'assigned', 'underway', 'reported', 'closed'])), name='rectification_state_valid', violation_error_message='整改状态不正确'),
        ),
        migrations.AddConstraint(
            model_name='rectification',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('assigned_at__isnull', False), ('assigned_by__isnull', False)), models.Q(('assigned_at__isnull', True), ('assigned_by__isnull', True)), _connector='OR'), name='rectification_assigned_pair', violation_error_message='交办时间与交办人须同时有'),
        ),
        migrations.AddConstraint(
            model_name='rectification',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('reported_at__isnull', False), ('reported_by__isnull', False)), models.Q(('reported_at__isnull', True), ('reported_by__isnull', True)), _connector='OR'), name='rectification_reported_pair', violation_error_message='报完成时间与报完成人须同时有'),
        ),
        migrations.AddConstraint(
            model_name='rectification',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', False), ('closed_by__isnull', False)), models.Q(('closed_at__isnull', True), ('closed_by__isnull', True)), _connector='OR'), name='rectification_closed_pair', violation_error_message='销号时间与销号人须同时有'),
        ),
        migrations.AddConstraint(
            model_name='rectification',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', False), ('reported_at__isnull', False), ('state', 'closed'), models.Q(('verification', ''), _negated=True)), models.Q(models.Q(('state', 'closed'), _negated=True), ('closed_at__isnull', True)), _connector='OR'), name='rectification_is_closed', violation_error_message='销号要有验收意见,且先报完成'),
        ),
        migrations.AddConstraint(
            model_name='rectification',
            constraint=models.CheckConstraint(condition=models.Q(('closed_by__isnull', True), models.Q(('closed_by', models.F('reported_by')), _negated=True), _connector='OR'), name='rectification_two_persons', violation_error_message='验收人不能是报完成的人'),
        ),
        migrations.AddConstraint(
            model_name='rectification',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'opened'), models.Q(('deadline__isnull', False), models.Q(('participant__isnull', False), ('agency__isnull', False), _connector='OR')), _connector='OR'), name='rectification_assigned_whom', violation_error_message='交办要写明责任单位和时限'),
        ),
        migrations.AddConstraint(
            model_name='rectification',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('earlier__isnull', True), ('recurrence', 0)), models.Q(('earlier__isnull', False), ('recurrence__gte', 1)), _connector='OR'), name='rectification_earlier_count', violation_error_message='复发次数与上一次不符'),
        ),
        migrations.AddConstraint(
            model_name='inspectionfinding',
            constraint=models.CheckConstraint(condition=models.Q(('reason__in', ['progress', 'stopped', 'quality', 'safety', 'funds', 'upkeep', 'papers', 'unmended'])), name='inspection_finding_valid', violation_error_message='原因类型不正确'),
        ),
        migrations.AddConstraint(
            model_name='inspectionfinding',
            constraint=models.CheckConstraint(condition=models.Q(('points__isnull', True), ('points__gt', 0), _connector='OR'), name='inspection_finding_points', violation_error_message='扣分要大于 0'),
        ),
        migrations.AddConstraint(
            model_name='rectificationfile',
            constraint=models.UniqueConstraint(fields=('rectification', 'file'), name='rectification_file_unique', violation_error_message='这个文件已经在这个整改事项里'),
        ),
        migrations.AddConstraint(
            model_name='rectificationfile',
            constraint=models.CheckConstraint(condition=models.Q(('moment__in', ['before', 'after'])), name='rectification_file_valid', violation_error_message='佐证只分整改前和整改后'),
        ),
        migrations.AddConstraint(
            model_name='rectificationstep',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['opened', 'assigned', 'changed', 'filled', 'progress', 'extended', 'reported', 'returned', 'closed', 'recurred'])), name='rectification_step_valid', violation_error_message='整改记录种类不正确'),
        ),
    ]
