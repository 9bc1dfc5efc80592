import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('livelihood', '0004_supervisor_role'),
        ('supervision', '0004_documents'),
    ]

    operations = [
        migrations.CreateModel(
            name='KeptFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('file', models.FileField(max_length=200, upload_to='kept/%Y/%m/', verbose_name='文件')),
                ('name', models.CharField(max_length=200, verbose_name='文件名')),
                ('kind', models.CharField(choices=[('photo', '照片'), ('pdf', 'PDF'), ('sheet', '表格')], max_length=8, verbose_name='种类')),
                ('sha256', models.CharField(max_length=64, verbose_name='文件校验值')),
                ('size', models.PositiveIntegerField(verbose_name='大小(字节)')),
                ('taken_at', models.DateTimeField(blank=True, null=True, verbose_name='拍摄时间')),
                ('latitude', models.DecimalField(blank=True, decimal_places=6, max_digits=9, null=True, verbose_name='纬度')),
                ('longitude', models.DecimalField(blank=True, decimal_places=6, max_digits=9, null=True, verbose_name='经度')),
                ('camera', models.CharField(blank=True, max_length=80, verbose_name='拍摄设备')),
                ('uploaded_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='上传时间')),
                ('uploaded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='kept_files', to=settings.AUTH_USER_MODEL, verbose_name='上传人')),
            ],
            options={
                'verbose_name': '留存文件',
                'verbose_name_plural': '留存文件',
                'db_table': 'kept_file',
                'ordering': ['id'],
            },
        ),
        migrations.AddConstraint(
            model_name='keptfile',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['photo', 'pdf', 'sheet'])), name='kept_file_kind_valid', violation_error_message='文件种类不正确'),
        ),
        migrations.AddConstraint(
            model_name='keptfile',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('latitude__isnull', False), ('longitude__isnull', False)), models.Q(('latitude__isnull', True), ('longitude__isnull', True)), _connector='OR'), name='kept_file_place_pair', violation_error_message='纬度与经度须同时有'),
        ),
        migrations.AddConstraint(
            model_name='keptfile',
            constraint=models.CheckConstraint(condition=models.Q(('size__gt', 0)), name='kept_file_not_empty', violation_error_message='文件不能是空的'),
        ),
    ]
