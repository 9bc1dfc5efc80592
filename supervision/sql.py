"""What the database itself refuses for the supervision app; applied after every `migrate`."""

#: Frozen (R18): written once, read for ever.
APPEND_ONLY = [
    *("snapshot", "snapshot_line", "snapshot_unit", "snapshot_fund", "snapshot_fund_rate"),
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

STATEMENTS = [
    DOCUMENT_FROZEN,
    SERIES_FORWARD,
    "DROP TRIGGER IF EXISTS document_frozen ON document",
    """CREATE TRIGGER document_frozen BEFORE UPDATE OR DELETE ON document
       FOR EACH ROW EXECUTE FUNCTION document_frozen()""",
    "DROP TRIGGER IF EXISTS series_forward ON document_series",
    """CREATE TRIGGER series_forward BEFORE UPDATE ON document_series
       FOR EACH ROW EXECUTE FUNCTION series_forward()""",
]
