"""资金滞留: what is received and not paid on, and since when, each with its arithmetic."""

import pytest

from funding.held import held_money, held_sums, unknown_payments
from funding.models import FundFigure
from tests import factories
from tests.funding.boards import FundBoard, yuan

pytestmark = pytest.mark.django_db


class Months(FundBoard):
    """A board with a report per unit and month; August is the month looked at."""

    def __init__(self, units):
        super().__init__(units)
        self.periods = {8: self.period}
        self.sent = {(8, name): report for name, report in self.reports.items()}

    def say(self, line, stage, **amounts):
        """Report cumulative 万元 of a line's stage: m1=100, m3=150."""
        name = line.participant.printed_name
        for month, amount in amounts.items():
            number = int(month[1:])
            if number not in self.periods:
                self.periods[number] = factories.PeriodFactory(programme=self.programme, month=number)
            if (number, name) not in self.sent:
                self.sent[number, name] = factories.ReportFactory(
                    period=self.periods[number], participant=line.participant
                )
            FundFigure.objects.create(
                period=self.periods[number],
                fund_line=line,
                stage=stage,
                report=self.sent[number, name],
                value=yuan(amount),
                updated_by=self.user,
            )

    def held(self, **options):
        """Return (month since, 万元, months) in the order of the statement."""
        rows = held_money(programme=self.programme, period=self.period, **options)
        return [(row["since"].month, row["held"] / yuan(1), row["months"]) for row in rows]


@pytest.mark.parametrize(
    ("received", "disbursed", "expected"),
    [
        # 100 came in January and nothing of it went on: 100 since January, 8 − 1 = 7 months
        ({"m1": 100, "m8": 100}, {"m1": 0, "m8": 0}, [(1, 100, 7)]),
        # 60 paid out of January's 100 leaves 40; March brought 150 − 100 = 50
        ({"m1": 100, "m3": 150, "m8": 150}, {"m8": 60}, [(1, 40, 7), (3, 50, 5)]),
        # Each month's 100 goes on a month later: only the last 100 lies there, though 100 always do
        ({"m5": 100, "m6": 200, "m7": 300, "m8": 400}, {"m6": 100, "m7": 200, "m8": 300}, [(8, 100, 0)]),
        # Paid slowly out of January's 150: 150 − 60 = 90 are January's still
        ({"m1": 150, "m7": 150, "m8": 150}, {"m1": 20, "m7": 40, "m8": 60}, [(1, 90, 7)]),
        # 120 were corrected to 100 in March: no more than 100 has been there since January, 30 went on
        ({"m1": 120, "m3": 100, "m8": 100}, {"m8": 30}, [(1, 70, 7)]),
        # June was not reported; July's rise is July's
        ({"m5": 10, "m7": 30, "m8": 30}, {"m8": 0}, [(5, 10, 3), (7, 20, 1)]),
        # Paid ahead, or paid in full: nothing lies there
        ({"m1": 50, "m8": 50}, {"m8": 80}, []),
        ({"m1": 50, "m8": 50}, {"m8": 50}, []),
    ],
)
def test_money_lies_there_since_the_month_it_came(received, disbursed, expected):
    board = Months(["太和县"])
    line = board.line("太和县", 200)
    board.say(line, "received", **received)
    board.say(line, "disbursed", **disbursed)

    assert board.held() == expected


def test_oldest_stands_first_and_sums_by_unit_are_the_rows_sums():
    board = Months(["太和县", "界首市"])
    young, old = board.line("太和县", 100), board.line("界首市", 100, item="困难救助")
    board.say(young, "received", m7=30, m8=30)
    board.say(young, "disbursed", m8="10.01")
    board.say(old, "received", m2=5, m8=8)
    board.say(old, "disbursed", m8=0)

    rows = board.held()
    sums = held_sums(programme=board.programme, period=board.period)

    # 界首市: 5 since February, 3 of August; 太和县: 30 − 10.01 = 19.99 since July
    assert rows == [(2, 5, 6), (7, yuan("19.99") / yuan(1), 1), (8, 3, 0)]
    assert [(row["held"], row["held_long"], row["months"]) for row in sums] == [
        (yuan("19.99"), None, 1),
        (yuan(8), yuan(5), 6),
        (yuan("27.99"), yuan(5), 6),
    ]
    assert [row["participant_id"] for row in sums] == [board.units["太和县"].pk, board.units["界首市"].pk, None]


def test_r05_blank_payment_is_unknown_and_not_nothing():
    board = Months(["太和县"])
    line = board.line("太和县", 100)
    board.say(line, "received", m8=30)

    assert board.held() == []
    [row] = unknown_payments(programme=board.programme, period=board.period)
    assert row["received"] == yuan(30)


def test_r14_payment_in_total_stands_for_its_sources():
    board = Months(["太和县"])
    province, county = (board.line("太和县", 50, source=source) for source in ("province", "county"))
    total = board.line("太和县", source="total")
    board.say(province, "received", m8=40)
    board.say(county, "received", m8=20)
    board.say(total, "disbursed", m8=45)

    # 40 + 20 − 45 = 15
    assert board.held() == [(8, 15, 0)]
    assert unknown_payments(programme=board.programme, period=board.period) == []


def test_payment_of_one_source_says_nothing_of_the_other():
    board = Months(["太和县"])
    province, county = (board.line("太和县", 50, source=source) for source in ("province", "county"))
    board.say(province, "received", m8=40)
    board.say(county, "received", m8=20)
    board.say(county, "disbursed", m8=20)

    assert board.held() == []
    assert len(unknown_payments(programme=board.programme, period=board.period)) == 1


def test_drafts_and_lines_out_of_scope_do_not_count():
    board = Months(["太和县", "界首市"])
    lines = {name: board.line(name, 100) for name in board.units}
    for line in lines.values():
        board.say(line, "received", m8=30)
        board.say(line, "disbursed", m8=10)

    own = board.held(lines=[lines["太和县"].pk])
    board.reports["太和县"].state = "draft"
    board.reports["太和县"].save()

    assert own == [(8, 20, 0)]
    assert board.held() == [(8, 20, 0)]
    assert board.held(lines=[lines["太和县"].pk]) == []
