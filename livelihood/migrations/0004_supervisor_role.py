from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('livelihood', '0003_cancelled_jobs'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='rolegrant',
            name='role_grant_role_valid',
        ),
        migrations.AlterField(
            model_name='rolegrant',
            name='role',
            field=models.CharField(choices=[('filler', '部门填报人'), ('clerk', '县区填报人'), ('head', '县区审核人'), ('lead_agency', '市直牵头部门'), ('city_office', '市民生办'), ('leader', '领导'), ('inspector', '督查人员'), ('supervisor', '特邀监督员'), ('system_admin', '系统管理员'), ('security_admin', '安全管理员'), ('auditor', '审计员')], max_length=16, verbose_name='角色'),
        ),
        migrations.AddConstraint(
            model_name='rolegrant',
            constraint=models.CheckConstraint(condition=models.Q(('role__in', ['filler', 'clerk', 'head', 'lead_agency', 'city_office', 'leader', 'inspector', 'supervisor', 'system_admin', 'security_admin', 'auditor'])), name='role_grant_role_valid', violation_error_message='角色不正确'),
        ),
    ]
