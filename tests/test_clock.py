"""Which day a run takes for today."""

from __future__ import annotations

import datetime
import time

import pytest

from tektonlint import clock


def test_today_is_the_day_in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(clock.VARIABLE, raising=False)
    before, day, after = time.time(), clock.today(), time.time()

    assert day.isoformat() in {time.strftime("%Y-%m-%d", time.gmtime(moment)) for moment in (before, after)}


@pytest.mark.parametrize(
    ("seconds", "day"),
    [
        ("0", datetime.date(1970, 1, 1)),
        ("86399", datetime.date(1970, 1, 1)),
        ("86400", datetime.date(1970, 1, 2)),
        ("1772323199", datetime.date(2026, 2, 28)),
        ("1772323200", datetime.date(2026, 3, 1)),
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_the_environment_may_say_when_now_is(
    seconds: str, day: datetime.date, zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(clock.VARIABLE, seconds)
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert day == clock.today()
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("said", ["", "yesterday", "-1", "+1", "1.5", "1_000", "٣", " 1", "9" * 30])
def test_what_is_no_time_is_refused(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(clock.VARIABLE, said)

    with pytest.raises(clock.WrongClock) as raised:
        clock.today()
    assert f"SOURCE_DATE_EPOCH is `{said}`, but it has to be a number of seconds since 1970" == str(raised.value)
