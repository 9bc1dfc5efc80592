"""One cheap query that says whether anything a period's standings are made of has changed."""

from django.db import connection

from projects.models import ReportingPeriod

# Small tables go in row by row. Figures, also those of money, are only ever added or raised in version, by trigger;
# targets, plans and snapshots are only ever added: their counts and sums cannot stay the same when one changes. Targets
# are counted by indicator, through their index: joined, every programme's would be read.
STAMP = """
SELECT md5(concat_ws('/',
    (SELECT t::text FROM reporting_period t WHERE t.id = %(period)s),
    (SELECT t::text FROM programme t WHERE t.id = %(programme)s),
    (SELECT COUNT(*) || ',' || SUM(version) || ',' || SUM(report_id) FROM figure WHERE period_id = %(period)s),
    (SELECT md5(string_agg(t::text, ';' ORDER BY t.id)) FROM report t WHERE t.period_id = %(period)s),
    (SELECT md5(string_agg(t::text, ';' ORDER BY t.id)) FROM benchmark t WHERE t.period_id = %(period)s),
    (SELECT md5(string_agg(t::text, ';' ORDER BY t.id)) FROM participant t WHERE t.programme_id = %(programme)s),
    (SELECT SUM(t.number) || ',' || MAX(t.latest)
     FROM project j JOIN sub_project sp ON sp.project_id = j.id JOIN indicator i ON i.sub_project_id = sp.id
     CROSS JOIN LATERAL (SELECT COUNT(*) AS number, MAX(id) AS latest FROM target WHERE indicator_id = i.id) t
     WHERE j.programme_id = %(programme)s),
    (SELECT md5(string_agg(j::text || sp::text || i::text || COALESCE(a.name, ''), ';' ORDER BY i.id))
     FROM project j JOIN sub_project sp ON sp.project_id = j.id JOIN indicator i ON i.sub_project_id = sp.id
     LEFT JOIN agency a ON a.id = sp.lead_agency_id WHERE j.programme_id = %(programme)s),
    (SELECT md5(string_agg(j::text, ';' ORDER BY j.id)) FROM project j WHERE j.programme_id = %(programme)s),
    (SELECT md5(string_agg(m::text, ';' ORDER BY m.id))
     FROM milestone m JOIN indicator i ON i.id = m.indicator_id JOIN sub_project sp ON sp.id = i.sub_project_id
     JOIN project j ON j.id = sp.project_id WHERE j.programme_id = %(programme)s),
    (SELECT COUNT(*) || ',' || SUM(version) || ',' || SUM(report_id) FROM fund_figure WHERE period_id = %(period)s),
    (SELECT concat_ws(',', COUNT(*), MAX(l.id), SUM(p.number), MAX(p.latest)) FROM fund_line l
     CROSS JOIN LATERAL (SELECT COUNT(*) AS number, MAX(id) AS latest FROM fund_plan WHERE fund_line_id = l.id) p
     WHERE l.programme_id = %(programme)s),
    (SELECT md5(string_agg(e::text || s::text, ';' ORDER BY s.id))
     FROM fund_exclusion e JOIN fund_exclusion_sub_projects s ON s.fundexclusion_id = e.id
     WHERE e.programme_id = %(programme)s),
    (SELECT md5(string_agg(t::text, ';' ORDER BY t.id)) FROM fund_set_line t WHERE t.programme_id = %(programme)s),
    (SELECT md5(string_agg(s::text || c::text, ';' ORDER BY c.id))
     FROM scoring_scheme s LEFT JOIN scoring_component c ON c.scheme_id = s.id WHERE s.programme_id = %(programme)s),
    (SELECT md5(string_agg(m::text, ';' ORDER BY m.id))
     FROM entered_mark m JOIN reporting_period p ON p.id = m.period_id WHERE p.programme_id = %(programme)s),
    (SELECT md5(string_agg(o::text, ';' ORDER BY o.id))
     FROM scheme_indicator o JOIN scoring_scheme s ON s.id = o.scheme_id WHERE s.programme_id = %(programme)s),
    (SELECT md5(string_agg(f::text || n.state, ';' ORDER BY f.id))
     FROM inspection_finding f JOIN inspection n ON n.id = f.inspection_id WHERE f.programme_id = %(programme)s),
    (SELECT md5(string_agg(concat_ws(',', r.id, r.participant_id, r.state, r.deadline, r.reported_at), ';'
                           ORDER BY r.id))
     FROM rectification r WHERE r.programme_id = %(programme)s),
    -- Who reports in time shows in other months' reports, and with a deadline nothing but time passes.
    (SELECT date_trunc('minute', now()) WHERE EXISTS (
        SELECT 1 FROM scoring_component c JOIN scoring_scheme s ON s.id = c.scheme_id
        WHERE s.programme_id = %(programme)s AND c.kind IN ('timeliness', 'overdue_off'))),
    (SELECT COUNT(*) || ',' || MAX(s.id) FROM snapshot s
     JOIN reporting_period p ON p.id = s.period_id WHERE p.programme_id = %(programme)s)))
"""


def standings_stamp(period: ReportingPeriod) -> str:
    """Return a text that changes whenever a figure, report, target, average, scheme, snapshot or the catalogue does."""
    with connection.cursor() as cursor:
        cursor.execute(STAMP, {"period": period.pk, "programme": period.programme_id})
        return cursor.fetchone()[0]
