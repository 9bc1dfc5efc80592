"""Who fills which sub-project of a report and whether they have signed, as the sections of its page say it."""

from livelihood.models import Agency
from livelihood.prepared import instance_of
from projects.content import content_hashes
from projects.models import BureauSignature, Report
from projects.save_sql import FILLERS


class Signatures:
    """The bureaus of a participant's report and their signatures. Two queries, and one per part where one signed.

    `agencies`: sub-project id → who fills it; `signed`: agency id → whether its cells still say what it signed.
    `any_signed`: False where it is known that no signature stands.
    """

    def __init__(self, report: Report, *, any_signed: bool = True):
        self.agencies, self.signed = {}, {}
        if not report.participant_id:
            return
        fillers = FILLERS.rows(participant=report.participant_id)
        self.agencies = {sub_project: instance_of(Agency, row) for sub_project, *row in fillers}
        if not (self.agencies and any_signed):
            return
        signatures = BureauSignature.objects.filter(report=report, withdrawn_at__isnull=True).order_by()
        hashes_signed = {row.agency_id: row.sha256 for row in signatures}
        if not hashes_signed:
            return
        groups = {
            agency: {sub for sub, filler in self.agencies.items() if filler.pk == agency} for agency in hashes_signed
        }
        hashes = content_hashes(report, groups)
        self.signed = {agency: hashes[agency] == sha256 for agency, sha256 in hashes_signed.items()}

    def of(self, sub_projects) -> dict:
        """Return the agencies that fill the sub-projects (ids): id → agency, in the order they come up."""
        return {agency.pk: agency for sub in sub_projects if (agency := self.agencies.get(sub))}

    def word(self, agencies: dict) -> str:
        """Return 已签字, 签字后有改动, 部分签字 or 未签字 for the agencies of a section; nothing for none."""
        if not agencies:
            return ""
        if all(self.signed.get(agency) for agency in agencies):
            return "已签字"
        if any(self.signed.get(agency) is False for agency in agencies):
            return "签字后有改动"
        return "部分签字" if any(agency in self.signed for agency in agencies) else "未签字"
