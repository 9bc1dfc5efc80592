"""What the database itself refuses for the supervision app; applied after every `migrate`."""

#: Frozen (R18): written once, read for ever.
APPEND_ONLY = [
    *("snapshot", "snapshot_line", "snapshot_unit", "snapshot_fund", "snapshot_fund_rate", "snapshot_component"),
    "snapshot_place",
    *("scheme_indicator", "rendered_file"),
    "disclosure_file",
    *("oversight_rule", "letter_recheck"),
    *("kept_file", "rectification_step", "rectification_file"),
]

NO_DELETE = [
    "snapshot_check",
    "check_line",
    "document_series",
    "scoring_scheme",
    "scoring_component",
    "disclosure",
    "disclosure_objection",
    *("rectification", "inspection", "inspection_photo", "inspection_finding", "interview"),
]

READ_ONLY: list[str] = []

#: Issued, a paper changes in one way alone: it becomes void and keeps number and content. What was issued elsewhere is
#: known from what the office wrote down, which may be put right; its number is not taken away again.
DOCUMENT_FROZEN = """
CREATE OR REPLACE FUNCTION document_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    voiding text[] := ARRAY['state', 'void_reason', 'voided_at', 'voided_by_id', 'void_key'];
    noted text[] := ARRAY['title', 'issued_on', 'version', 'edited_at', 'edited_by_id'];
BEGIN
    IF OLD.state IN ('draft', 'reviewed') THEN
        RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.state = 'issued' THEN
        IF NEW.state = 'void' AND to_jsonb(NEW) - voiding = to_jsonb(OLD) - voiding THEN
            RETURN NEW;
        END IF;
        IF OLD.kind = 'external' AND NEW.state = 'issued' AND to_jsonb(NEW) - noted = to_jsonb(OLD) - noted THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION '公文已印发,不能修改或删除;请另发更正' USING ERRCODE = 'check_violation';
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

#: The same of the indicators it takes in or leaves out; one of them alone is never changed nor removed.
CHOSEN_FROZEN = """
CREATE OR REPLACE FUNCTION chosen_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM snapshot s WHERE s.scheme_id = NEW.scheme_id) THEN
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

#: What the public was shown stays as it was: it can only be taken back, once. An answer given is given.
DISCLOSURE_FROZEN = """
CREATE OR REPLACE FUNCTION disclosure_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    free text[] := ARRAY['withdrawn_at', 'withdrawn_by_id', 'withdrawal_reason'];
BEGIN
    IF OLD.withdrawn_at IS NOT NULL OR to_jsonb(NEW) - free IS DISTINCT FROM to_jsonb(OLD) - free THEN
        RAISE EXCEPTION '公示的内容不能修改,只能写明原因撤回' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$
"""

OBJECTION_ANSWERED = """
CREATE OR REPLACE FUNCTION objection_answered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.answered_at IS NOT NULL THEN
        RAISE EXCEPTION '公示异议已经答复,不能再改' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$
"""

#: 销号 is final: what comes back is a line of its own.
RECTIFICATION_CLOSED = """
CREATE OR REPLACE FUNCTION rectification_is_closed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'closed' THEN
        RAISE EXCEPTION '整改已销号,不能修改;复发请重新开立' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$
"""

STATEMENTS = [
    RECTIFICATION_CLOSED,
    "DROP TRIGGER IF EXISTS rectification_is_closed ON rectification",
    """CREATE TRIGGER rectification_is_closed BEFORE UPDATE ON rectification
       FOR EACH ROW EXECUTE FUNCTION rectification_is_closed()""",
    DISCLOSURE_FROZEN,
    OBJECTION_ANSWERED,
    "DROP TRIGGER IF EXISTS disclosure_frozen ON disclosure",
    """CREATE TRIGGER disclosure_frozen BEFORE UPDATE ON disclosure
       FOR EACH ROW EXECUTE FUNCTION disclosure_frozen()""",
    "DROP TRIGGER IF EXISTS objection_answered ON disclosure_objection",
    """CREATE TRIGGER objection_answered BEFORE UPDATE ON disclosure_objection
       FOR EACH ROW EXECUTE FUNCTION objection_answered()""",
    DOCUMENT_FROZEN,
    SERIES_FORWARD,
    SCHEME_FROZEN,
    CHOSEN_FROZEN,
    MARK_CONFIRMED,
    "DROP TRIGGER IF EXISTS scheme_frozen ON scoring_scheme",
    """CREATE TRIGGER scheme_frozen BEFORE UPDATE ON scoring_scheme
       FOR EACH ROW EXECUTE FUNCTION scheme_frozen()""",
    "DROP TRIGGER IF EXISTS component_frozen ON scoring_component",
    """CREATE TRIGGER component_frozen BEFORE UPDATE ON scoring_component
       FOR EACH ROW EXECUTE FUNCTION scheme_frozen()""",
    "DROP TRIGGER IF EXISTS chosen_frozen ON scheme_indicator",
    """CREATE TRIGGER chosen_frozen BEFORE INSERT ON scheme_indicator
       FOR EACH ROW EXECUTE FUNCTION chosen_frozen()""",
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
