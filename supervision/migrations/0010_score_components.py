import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('projects', '0007_figure_period_index'),
        ('supervision', '0009_disclosure'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='scoringcomponent',
            name='component_kind_valid',
        ),
        migrations.AddField(
            model_name='scoringcomponent',
            name='counted_by',
            field=models.CharField(blank=True, choices=[('each', '按件'), ('points', '按登记的扣分')], max_length=6, verbose_name='计扣方式'),
        ),
        migrations.AlterField(
            model_name='scoringcomponent',
            name='kind',
            field=models.CharField(choices=[('project_rates', '项目完成率'), ('fund_rate', '资金比率'), ('timeliness', '报送及时'), ('milestones', '节点达到'), ('entered', '打分'), ('last_place', '末位扣分'), ('event_off', '按次扣分'), ('event_on', '按次加分'), ('year_end', '年末名次加扣分'), ('finding_off', '督查发现扣分'), ('overdue_off', '整改逾期扣分')], max_length=20, verbose_name='计算方式'),
        ),
        migrations.AddConstraint(
            model_name='scoringcomponent',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['project_rates', 'fund_rate', 'timeliness', 'milestones', 'entered', 'last_place', 'event_off', 'event_on', 'year_end', 'finding_off', 'overdue_off'])), name='component_kind_valid', violation_error_message='考核项计算方式不正确'),
        ),
        migrations.AddConstraint(
            model_name='scoringcomponent',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('counted_by__in', ['each', 'points']), ('kind', 'finding_off')), models.Q(models.Q(('kind', 'finding_off'), _negated=True), ('counted_by', '')), _connector='OR'), name='component_counted_given', violation_error_message='督查发现扣分要写明按件还是按登记的扣分,别的考核项不写'),
        ),
        migrations.CreateModel(
            name='SchemeIndicator',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('counts', models.BooleanField(verbose_name='参加计分')),
                ('indicator', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='scheme_choices', to='projects.indicator', verbose_name='指标')),
                ('scheme', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='chosen_indicators', to='supervision.scoringscheme', verbose_name='考核办法')),
            ],
            options={
                'verbose_name': '计分指标',
                'verbose_name_plural': '计分指标',
                'db_table': 'scheme_indicator',
                'ordering': ['scheme', 'indicator'],
                'constraints': [models.UniqueConstraint(fields=('scheme', 'indicator'), name='scheme_indicator_unique', violation_error_message='该办法已写明这个指标是否参加计分')],
            },
        ),
    ]
