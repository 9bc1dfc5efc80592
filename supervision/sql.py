"""What the database itself refuses for the supervision app; applied after every `migrate`."""

#: Frozen (R18): written once, read for ever.
APPEND_ONLY = [
    *("snapshot", "snapshot_line", "snapshot_unit", "snapshot_fund", "snapshot_fund_rate", "snapshot_component"),
    "rendered_file",
]

NO_DELETE = ["document_series", "scoring_scheme", "scoring_component"]

READ_ONLY: list[str] = []

DOCUMENT_FROZEN = """
CREATE OR REPLACE FUNCTION document_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'issued' THEN
        RAISE EXCEPTION '公文已印发,不能修改或删除;请另发更正' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$
"""

#: A number once used stays used: a series only moves forward.
SERIES_FORWARD = """
CREATE OR REPLACE FUNCTION series_forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.last_number < OLD.last_number THEN
        RAISE EXCEPTION '文号只能往后用' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$
"""

#: What a snapshot was scored by stays as it was: a change is a new version (R13, R18).
SCHEME_FROZEN = """
CREATE OR REPLACE FUNCTION scheme_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE scheme bigint;
BEGIN
    scheme := CASE TG_TABLE_NAME WHEN 'scoring_scheme' THEN OLD.id
                                 ELSE (to_jsonb(OLD) ->> 'scheme_id')::bigint END;
    IF EXISTS (SELECT 1 FROM snapshot s WHERE s.scheme_id = scheme) THEN
        RAISE EXCEPTION '考核办法已用于封账,不能修改;请另定新版' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$
"""

#: A mark somebody has confirmed is changed only after the confirmation is taken back; it keeps unit, item and month.
MARK_CONFIRMED = """
CREATE OR REPLACE FUNCTION mark_confirmed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.confirmed_at IS NOT NULL
       AND (TG_OP = 'DELETE' OR (NEW.confirmed_at IS NOT NULL AND NEW.value IS DISTINCT FROM OLD.value)) THEN
        RAISE EXCEPTION '打分已确认,要先撤回确认再改' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$
"""

STATEMENTS = [
    DOCUMENT_FROZEN,
    SERIES_FORWARD,
    SCHEME_FROZEN,
    MARK_CONFIRMED,
    "DROP TRIGGER IF EXISTS scheme_frozen ON scoring_scheme",
    """CREATE TRIGGER scheme_frozen BEFORE UPDATE ON scoring_scheme
       FOR EACH ROW EXECUTE FUNCTION scheme_frozen()""",
    "DROP TRIGGER IF EXISTS component_frozen ON scoring_component",
    """CREATE TRIGGER component_frozen BEFORE UPDATE ON scoring_component
       FOR EACH ROW EXECUTE FUNCTION scheme_frozen()""",
    "DROP TRIGGER IF EXISTS mark_confirmed ON entered_mark",
    """CREATE TRIGGER mark_confirmed BEFORE UPDATE OR DELETE ON entered_mark
       FOR EACH ROW EXECUTE FUNCTION mark_confirmed()""",
    "DROP TRIGGER IF EXISTS document_frozen ON document",
    """CREATE TRIGGER document_frozen BEFORE UPDATE OR DELETE ON document
       FOR EACH ROW EXECUTE FUNCTION document_frozen()""",
    "DROP TRIGGER IF EXISTS series_forward ON document_series",
    """CREATE TRIGGER series_forward BEFORE UPDATE ON document_series
       FOR EACH ROW EXECUTE FUNCTION series_forward()""",
]
