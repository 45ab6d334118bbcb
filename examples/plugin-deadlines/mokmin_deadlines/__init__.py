"""민원 처리기한 셈: until when a civil petition has to be answered, with the provision it follows from."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from mokmin.base.errors import InvalidInput
from mokmin.features import Desk
from mokmin.governance.access.model import Permission
from mokmin.governance.people.web import Needs, principal_of
from mokmin.plugins import House, Plugin
from mokmin_deadlines.counting import MOST, last_day

BASIS = "민원 처리에 관한 법률 제19조 처리기간의 계산"


def router(house: House) -> APIRouter:
    """The one page. What it needs is declared once, for all its routes."""
    routes = APIRouter(dependencies=[Depends(Needs(Permission.ASK))])

    @routes.get("")
    def page(request: Request, received: str = "", days: str = "") -> HTMLResponse:
        principal = principal_of(request)
        result, error, basis = None, "", []
        if received or days:
            try:
                result = last_day(_day(received), _number(days))
            except InvalidInput as wrong:
                error = wrong.message
            else:
                house.check(principal)
                # Under the rights of who asks: a provision that one may not see is not shown.
                basis = house.search.search(principal, BASIS, top=2).hits
                house.record(principal, "count")
        return house.kit.page(
            request,
            "deadlines/page.html",
            status=400 if error else 200,
            title="민원 처리기한",
            nav="deadlines",
            received=received,
            days=days,
            result=result,
            basis=basis,
            error=error,
        )

    return routes


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput("접수한 날을 골라 주세요.") from error


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 4):
        raise InvalidInput(f"처리기간을 1에서 {MOST}까지의 날수로 적어 주세요.")
    return int(text)


PLUGIN = Plugin(
    name="deadlines",
    title="민원 처리기한",
    version="1.0.0",
    router=router,
    desks=(
        Desk(
            "deadlines",
            "/x/deadlines",
            "민원 처리기한",
            "calendar-clock",
            Permission.ASK,
            "더한 기능",
        ),
    ),
    templates=Path(__file__).parent / "templates",
    uses_ai=True,
)
