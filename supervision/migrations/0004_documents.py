import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
import supervision.models.paper_style
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('livelihood', '0003_cancelled_jobs'),
        ('supervision', '0003_scoring_as_data'),
    ]

    operations = [
        migrations.CreateModel(
            name='PaperStyle',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('margins', models.JSONField(blank=True, default=supervision.models.paper_style.empty_dict, help_text='top、bottom、left、right', verbose_name='页边距(毫米)')),
                ('line_pitch', models.DecimalField(decimal_places=1, default=28, max_digits=4, verbose_name='行距(磅)')),
                ('fonts', models.JSONField(blank=True, default=supervision.models.paper_style.empty_dict, verbose_name='字体')),
                ('imprint', models.CharField(choices=[('send', '送、发'), ('cc', '抄送')], default='send', max_length=4, verbose_name='版记')),
                ('masthead', models.CharField(blank=True, default='', help_text='空着用发文单位名称', max_length=40, verbose_name='发文机关标志')),
                ('template', models.FileField(blank=True, max_length=200, upload_to='paper_templates/', verbose_name='公文模板')),
                ('template_name', models.CharField(blank=True, default='', max_length=120, verbose_name='模板文件名')),
                ('template_sha256', models.CharField(blank=True, default='', max_length=64, verbose_name='模板校验值')),
                ('check_days', models.PositiveSmallIntegerField(default=3, verbose_name='核对工作日数')),
                ('disclosure_days', models.PositiveSmallIntegerField(default=7, verbose_name='公示日数')),
                ('disclosure_address', models.CharField(blank=True, default='', max_length=120, verbose_name='异议受理地址')),
                ('disclosure_phone', models.CharField(blank=True, default='', max_length=40, verbose_name='异议受理电话')),
                ('version', models.PositiveIntegerField(default=1, verbose_name='版本')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='更新时间')),
            ],
            options={
                'verbose_name': '公文设置',
                'verbose_name_plural': '公文设置',
                'db_table': 'paper_style',
                'ordering': ['agency'],
            },
        ),
        migrations.CreateModel(
            name='Receipt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('recipient', models.CharField(max_length=80, verbose_name='收文单位名称')),
                ('way', models.CharField(choices=[('account', '系统签收'), ('paper', '纸质送达'), ('oa', '公文系统')], default='account', max_length=8, verbose_name='送达方式')),
                ('sent_on', models.DateField(verbose_name='送出日期')),
                ('sent_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='登记时间')),
                ('received_at', models.DateTimeField(blank=True, null=True, verbose_name='签收时间')),
                ('reminded_at', models.DateTimeField(blank=True, null=True, verbose_name='催签时间')),
                ('note', models.CharField(blank=True, default='', max_length=200, verbose_name='备注')),
            ],
            options={
                'verbose_name': '送达',
                'verbose_name_plural': '送达',
                'db_table': 'receipt',
                'ordering': ['document', 'id'],
            },
        ),
        migrations.RemoveConstraint(
            model_name='document',
            name='document_snapshot_unique',
        ),
        migrations.RemoveConstraint(
            model_name='document',
            name='document_kind_valid',
        ),
        migrations.RemoveConstraint(
            model_name='document',
            name='document_state_valid',
        ),
        migrations.RemoveConstraint(
            model_name='document',
            name='document_issued_has_number',
        ),
        migrations.RemoveConstraint(
            model_name='renderedfile',
            name='rendered_format_valid',
        ),
        migrations.AddField(
            model_name='document',
            name='edited_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='最后改稿时间'),
        ),
        migrations.AddField(
            model_name='document',
            name='edited_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='edited_documents', to=settings.AUTH_USER_MODEL, verbose_name='最后改稿人'),
        ),
        migrations.AddField(
            model_name='document',
            name='override_reason',
            field=models.CharField(blank=True, default='', max_length=300, verbose_name='仍予签发的理由'),
        ),
        migrations.AddField(
            model_name='document',
            name='reviewed_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='核稿时间'),
        ),
        migrations.AddField(
            model_name='document',
            name='reviewed_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reviewed_documents', to=settings.AUTH_USER_MODEL, verbose_name='核稿人'),
        ),
        migrations.AddField(
            model_name='document',
            name='signer',
            field=models.CharField(blank=True, default='', help_text='在纸上签发的领导也记在这里', max_length=40, verbose_name='签发人'),
        ),
        migrations.AddField(
            model_name='document',
            name='subject',
            field=models.CharField(blank=True, default='', help_text='同期同类公文有多份时用以区分', max_length=40, verbose_name='事由'),
        ),
        migrations.AddField(
            model_name='document',
            name='void_key',
            field=models.BigIntegerField(default=0, editable=False, help_text='作废后为本行的号，让出同期同类的位置', verbose_name='作废键'),
        ),
        migrations.AddField(
            model_name='document',
            name='void_reason',
            field=models.CharField(blank=True, default='', max_length=300, verbose_name='作废原因'),
        ),
        migrations.AddField(
            model_name='document',
            name='voided_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='作废时间'),
        ),
        migrations.AddField(
            model_name='document',
            name='voided_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='voided_documents', to=settings.AUTH_USER_MODEL, verbose_name='作废人'),
        ),
        migrations.AddField(
            model_name='documentseries',
            name='first_number',
            field=models.PositiveIntegerField(default=1, help_text='此前各号在启用本系统之前已经用过', verbose_name='登记起始号'),
        ),
        migrations.AlterField(
            model_name='document',
            name='issued_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='issued_documents', to=settings.AUTH_USER_MODEL, verbose_name='签发经办人'),
        ),
        migrations.AlterField(
            model_name='document',
            name='kind',
            field=models.CharField(choices=[('bulletin', '通报'), ('correction', '更正'), ('reminder', '提醒函'), ('letter', '督办函'), ('summons', '约谈通知'), ('external', '其他文件(别处印发)')], default='bulletin', max_length=12, verbose_name='文种'),
        ),
        migrations.AlterField(
            model_name='document',
            name='period',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='documents', to='projects.reportingperiod', verbose_name='填报期'),
        ),
        migrations.AlterField(
            model_name='document',
            name='state',
            field=models.CharField(choices=[('draft', '拟稿'), ('reviewed', '已核稿'), ('issued', '已印发'), ('void', '作废')], default='draft', max_length=8, verbose_name='状态'),
        ),
        migrations.AlterField(
            model_name='renderedfile',
            name='format',
            field=models.CharField(choices=[('docx', 'Word文档'), ('pdf', 'PDF文件'), ('xlsx', '附件表格')], max_length=6, verbose_name='格式'),
        ),
        migrations.AddConstraint(
            model_name='document',
            constraint=models.UniqueConstraint(fields=('period', 'kind', 'snapshot', 'subject', 'void_key'), name='document_snapshot_unique', violation_error_message='该快照已有同类公文'),
        ),
        migrations.AddConstraint(
            model_name='document',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['bulletin', 'correction', 'reminder', 'letter', 'summons', 'external'])), name='document_kind_valid', violation_error_message='文种不正确'),
        ),
        migrations.AddConstraint(
            model_name='document',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['draft', 'reviewed', 'issued', 'void'])), name='document_state_valid', violation_error_message='公文状态不正确'),
        ),
        migrations.AddConstraint(
            model_name='document',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('reviewed_at__isnull', False), ('reviewed_by__isnull', False)), models.Q(('reviewed_at__isnull', True), ('reviewed_by__isnull', True)), _connector='OR'), name='document_reviewed_pair', violation_error_message='核稿时间与核稿人须同时有'),
        ),
        migrations.AddConstraint(
            model_name='document',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('edited_at__isnull', False), ('edited_by__isnull', False)), models.Q(('edited_at__isnull', True), ('edited_by__isnull', True)), _connector='OR'), name='document_edited_pair', violation_error_message='改稿时间与改稿人须同时有'),
        ),
        migrations.AddConstraint(
            model_name='document',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('voided_at__isnull', False), ('voided_by__isnull', False)), models.Q(('voided_at__isnull', True), ('voided_by__isnull', True)), _connector='OR'), name='document_voided_pair', violation_error_message='作废时间与作废人须同时有'),
        ),
        migrations.AddConstraint(
            model_name='document',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('issued_at__isnull', False), ('issued_on__isnull', False), ('number__isnull', False), ('state', 'issued')), models.Q(('issued_at__isnull', True), ('number__isnull', True), ('state__in', ['draft', 'reviewed'])), models.Q(('issued_at__isnull', True), ('number__isnull', True), ('state', 'void')), models.Q(('issued_at__isnull', False), ('issued_on__isnull', False), ('number__isnull', False), ('state', 'void')), _connector='OR'), name='document_issued_has_number', violation_error_message='印发的公文必须有文号和日期,拟稿没有'),
        ),
        migrations.AddConstraint(
            model_name='document',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'void'), ('voided_at__isnull', False), models.Q(('void_reason', ''), _negated=True)), models.Q(models.Q(('state', 'void'), _negated=True), ('void_key', 0), ('void_reason', ''), ('voided_at__isnull', True)), _connector='OR'), name='document_void_has_reason', violation_error_message='作废的公文必须写明原因'),
        ),
        migrations.AddConstraint(
            model_name='document',
            constraint=models.CheckConstraint(condition=models.Q(('kind', 'external'), ('period__isnull', False), _connector='OR'), name='document_period_given', violation_error_message='公文要属于一个填报期；别处印发的除外'),
        ),
        migrations.AddConstraint(
            model_name='documentseries',
            constraint=models.CheckConstraint(condition=models.Q(('first_number__gte', 1), ('first_number__lte', django.db.models.expressions.CombinedExpression(models.F('last_number'), '+', models.Value(1)))), name='series_first_number_valid', violation_error_message='登记起始号不能在已用至的号之后'),
        ),
        migrations.AddConstraint(
            model_name='renderedfile',
            constraint=models.CheckConstraint(condition=models.Q(('format__in', ['docx', 'pdf', 'xlsx'])), name='rendered_format_valid', violation_error_message='文件格式不正确'),
        ),
        migrations.AddField(
            model_name='paperstyle',
            name='agency',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='paper_style', to='livelihood.agency', verbose_name='发文单位'),
        ),
        migrations.AddField(
            model_name='paperstyle',
            name='updated_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='paper_styles', to=settings.AUTH_USER_MODEL, verbose_name='更新人'),
        ),
        migrations.AddField(
            model_name='receipt',
            name='agency',
            field=models.ForeignKey(blank=True, help_text='在系统里没有的单位为空', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='receipts', to='livelihood.agency', verbose_name='收文单位'),
        ),
        migrations.AddField(
            model_name='receipt',
            name='document',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='receipts', to='supervision.document', verbose_name='公文'),
        ),
        migrations.AddField(
            model_name='receipt',
            name='received_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='signed_receipts', to=settings.AUTH_USER_MODEL, verbose_name='签收人'),
        ),
        migrations.AddField(
            model_name='receipt',
            name='reminded_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reminded_receipts', to=settings.AUTH_USER_MODEL, verbose_name='催签人'),
        ),
        migrations.AddField(
            model_name='receipt',
            name='sent_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sent_receipts', to=settings.AUTH_USER_MODEL, verbose_name='登记人'),
        ),
        migrations.AddConstraint(
            model_name='paperstyle',
            constraint=models.CheckConstraint(condition=models.Q(('imprint__in', ['send', 'cc'])), name='paper_style_imprint_valid', violation_error_message='版记写法不正确'),
        ),
        migrations.AddConstraint(
            model_name='paperstyle',
            constraint=models.CheckConstraint(condition=models.Q(('check_days__gte', 1), ('check_days__lte', 30), ('disclosure_days__gte', 1), ('disclosure_days__lte', 90)), name='paper_style_days_valid', violation_error_message='核对为1至30个工作日，公示为1至90日'),
        ),
        migrations.AddConstraint(
            model_name='paperstyle',
            constraint=models.CheckConstraint(condition=models.Q(('line_pitch__gte', 20), ('line_pitch__lte', 40)), name='paper_style_pitch_valid', violation_error_message='行距应在20至40磅之间'),
        ),
        migrations.AddConstraint(
            model_name='receipt',
            constraint=models.UniqueConstraint(fields=('document', 'agency'), name='receipt_agency_unique', violation_error_message='这份公文已经发给这个单位'),
        ),
        migrations.AddConstraint(
            model_name='receipt',
            constraint=models.UniqueConstraint(fields=('document', 'recipient'), name='receipt_recipient_unique', violation_error_message='这份公文已经送过这个单位'),
        ),
        migrations.AddConstraint(
            model_name='receipt',
            constraint=models.CheckConstraint(condition=models.Q(('way__in', ['account', 'paper', 'oa'])), name='receipt_way_valid', violation_error_message='送达方式不正确'),
        ),
        migrations.AddConstraint(
            model_name='receipt',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('received_at__isnull', False), ('received_by__isnull', False)), models.Q(('received_at__isnull', True), ('received_by__isnull', True)), _connector='OR'), name='receipt_received_pair', violation_error_message='签收时间与签收人须同时有'),
        ),
        migrations.AddConstraint(
            model_name='receipt',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('reminded_at__isnull', False), ('reminded_by__isnull', False)), models.Q(('reminded_at__isnull', True), ('reminded_by__isnull', True)), _connector='OR'), name='receipt_reminded_pair', violation_error_message='催签时间与催签人须同时有'),
        ),
        migrations.AddConstraint(
            model_name='receipt',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('way', 'account'), _negated=True), ('agency__isnull', False), _connector='OR'), name='receipt_account_has_agency', violation_error_message='系统签收要有收文单位'),
        ),
    ]
