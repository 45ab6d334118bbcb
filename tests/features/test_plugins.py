"""Features of others: the worked example, and plug-ins that break the rules."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from fastapi import APIRouter, Depends
from starlette.testclient import TestClient

from mokmin import plugins
from mokmin.features import Desk
from mokmin.governance.access.model import OPERATOR, Permission
from mokmin.governance.people.web import Needs
from mokmin.web import create_web

EXAMPLE = Path(__file__).parents[2] / "examples" / "plugin-deadlines"
LAW = (
    "제19조(처리기간의 계산) ② 민원의 처리기간을 6일 이상으로 정한 경우에는 일 단위로 계산하고 첫날을 산입하되, "
    "공휴일과 토요일은 산입하지 아니한다.\n"
)


def installed(folder: Path, name: str, target: str) -> None:
    """What an installer leaves behind: the entry point's metadata."""
    info = folder / f"{name.replace('-', '_')}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[mokmin.plugins]\n{name} = {target}\n")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that packages are imported from."""
    place = tmp_path / "packages"
    place.mkdir()
    monkeypatch.syspath_prepend(str(place))
    monkeypatch.syspath_prepend(str(EXAMPLE))
    yield place
    for name in [n for n in sys.modules if n.startswith(("mokmin_deadlines", "broken_"))]:
        del sys.modules[name]


@pytest.fixture
def city(
    folder: Path, tmp_path: Path, blank_sqlite: Path, quick_app: Any, put: Any
) -> Iterator[Any]:
    """An application with the example; two people, one of whom may see its provision."""
    installed(folder, "deadlines", "mokmin_deadlines:PLUGIN")
    (tmp_path / "mokmin.db").write_bytes(blank_sqlite.read_bytes())
    app = quick_app(tmp_path / "home", f"sqlite:///{tmp_path / 'mokmin.db'}", plugins="deadlines")
    for login, department in (("kim", "회계과"), ("other", "복지과")):
        app.people.create_account(
            login=login, name=login, password="시험용-비밀번호-1234", role="official",
            department=department,
        )  # fmt: skip
    kim = app.people.principal("kim")
    put(app, "민원법.txt", LAW, by=kim, title="민원 처리에 관한 법률", audience=("회계과",))
    yield app
    app.db.close()


def browse(app: Any, client: TestClient, login: str, path: str) -> Any:
    session = app.sign_in.with_password(login, "시험용-비밀번호-1234")
    cookies = {"mokmin_session": session.token}
    client.cookies.clear()
    client.cookies.update(cookies)
    return client.get(path, headers={"Accept": "text/html"})


def test_the_worked_example_stands_in_the_house_and_obeys_it(city: Any) -> None:
    with TestClient(create_web(city), raise_server_exceptions=False) as client:
        asked = "/x/deadlines?received=2026-11-23&days=7"
        page = browse(city, client, "kim", asked)
        assert page.status_code == 200
        assert "2026. 12. 1." in page.text, "first day in, one weekend out"
        assert "산입하지 아니한다" in page.text and 'href="/x/deadlines"' in page.text
        assert "산입하지 아니한다" not in browse(city, client, "other", asked).text
        wrong = browse(city, client, "kim", "/x/deadlines?received=어제&days=7")
        assert wrong.status_code == 400 and "접수한 날을 골라 주세요" in wrong.text
        client.cookies.clear()
        away = client.get(asked, headers={"Accept": "text/html"}, follow_redirects=False)
        assert away.status_code == 303 and "/signin" in away.headers["location"]
        city.switches.turn_off(OPERATOR, "plugin-deadlines", "고치는 중입니다.")
        off = browse(city, client, "kim", asked)
        assert off.status_code == 503 and "고치는 중입니다." in off.text
    with city.db.read() as connection:
        told = connection.exec_driver_sql(
            "SELECT actor, subject, detail FROM audit_log WHERE action = 'plugin.use'"
        ).all()
    assert {row[0] for row in told} == {"kim", "other"}
    assert all(row[1] == "plugin:deadlines" and "2026" not in row[2] for row in told)


@pytest.mark.parametrize(
    ("received", "days", "until"),
    [
        (date(2026, 11, 23), 1, date(2026, 11, 24)),
        (date(2026, 11, 23), 5, date(2026, 11, 30)),
        (date(2026, 11, 23), 6, date(2026, 11, 30)),
        (date(2026, 9, 23), 6, date(2026, 10, 2)),
        (date(2026, 11, 22), 6, date(2026, 11, 30)),
        (date(2026, 12, 31), 6, date(2027, 1, 8)),
    ],
)
def test_days_are_counted_as_the_law_says(
    folder: Path, received: date, days: int, until: date
) -> None:
    from mokmin_deadlines.counting import last_day

    assert last_day(received, days).day == until


def bare(_house: plugins.House) -> APIRouter:
    routes = APIRouter()

    @routes.get("")
    def page() -> dict[str, str]:
        return {}

    return routes


def kept(_house: plugins.House) -> APIRouter:
    return APIRouter(dependencies=[Depends(Needs(Permission.ASK))])


def test_what_breaks_the_rules_is_left_out_and_told(
    folder: Path, tmp_path: Path, blank_sqlite: Path, quick_app: Any
) -> None:
    (folder / "broken_import.py").write_text("raise RuntimeError('x')\n")
    (folder / "broken_kind.py").write_text("PLUGIN = 3\n")
    (folder / "broken_rules.py").write_text(
        "from mokmin.plugins import Plugin\n"
        "from tests.features.test_plugins import bare, kept, MENU\n"
        "OPEN = Plugin('open', '열린 것', '1', bare)\n"
        "OLD = Plugin('old', '옛것', '1', kept, api=0)\n"
        "OTHER = Plugin('other-name', '다른 이름', '1', kept)\n"
        "MENUS = Plugin('menus', '메뉴', '1', kept, desks=(MENU,))\n"
    )
    for name, target in {
        "import": "broken_import:X", "kind": "broken_kind:PLUGIN", "open": "broken_rules:OPEN",
        "old": "broken_rules:OLD", "renamed": "broken_rules:OTHER", "menus": "broken_rules:MENUS",
    }.items():  # fmt: skip
        installed(folder, name, target)
    (tmp_path / "mokmin.db").write_bytes(blank_sqlite.read_bytes())
    named = "import, kind, open, old, renamed, menus, absent, ../evil"
    app = quick_app(tmp_path / "home", f"sqlite:///{tmp_path / 'mokmin.db'}", plugins=named)
    with TestClient(create_web(app), raise_server_exceptions=False) as client:
        assert client.get("/healthz").status_code == 200, "the service starts without them"
        assert client.get("/x/open").status_code != 200
    states = app.plugins.states
    app.db.close()
    assert set(states) == {n.strip() for n in named.split(",")} and all(states.values())
    assert "권한이 적혀 있지" in states["open"] and "설치되어 있지" in states["absent"]


def test_nothing_is_loaded_that_is_not_named(folder: Path) -> None:
    installed(folder, "deadlines", "mokmin_deadlines:PLUGIN")
    assert plugins.load([]).plugins == ()
    assert "mokmin_deadlines" not in sys.modules


MENU = Desk("menus", "/admin", "관리", "settings", Permission.ASK)
