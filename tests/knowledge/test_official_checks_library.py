"""What the library says of a cited article: within a person's rights, on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import date

from mokmin.base.db import Database, utcnow
from mokmin.governance.access.model import Principal
from mokmin.governance.access.rules import document_groups
from mokmin.knowledge.documents.store import documents, passages, unit_id, versions
from mokmin.knowledge.documents.structure import provisions
from mokmin.knowledge.official.checks.library import LibraryLaws
from mokmin.knowledge.official.checks.model import Context
from mokmin.knowledge.official.checks.review import review
from mokmin.knowledge.official.model import Block, OfficialDocument, Span

MINE, THEIRS = 1, 2
READER = Principal(1, "kim", "김주무", None, "", "official", (MINE,), frozenset())
TODAY = date(2026, 11, 23)


def add(db: Database, law: str, article: str, text: str, group: int = MINE, **more: object) -> None:
    """A document that is one article, with one passage."""
    with db.write() as connection:
        row = {
            "title": law, "source": f"{law} {article}", "kind": "법령", "grade": "O", "freshness": "in_force",
            "owner": "kim", "created_at": utcnow(), **more,
        }  # fmt: skip
        key = connection.execute(
            documents.insert().values(**row).returning(documents.c.id)
        ).scalar_one()
        connection.execute(
            versions.insert().values(
                id=key, document_id=key, number=1, sha256=f"{key:064}", bytes=1, filename="a.hwpx",
                state="ready", created_at=utcnow(),
            )
        )  # fmt: skip
        connection.execute(
            documents.update()
            .where(documents.c.id == key)
            .values(current_version_id=key, newest_version_id=key)
        )
        connection.execute(document_groups.insert().values(document_id=key, group_id=group))
        unit = unit_id(key, 0)
        connection.execute(
            provisions.insert().values(
                document_id=key, version_id=key, unit_id=unit, law=law, article=article
            )
        )
        connection.execute(
            passages.insert().values(
                document_id=key, version_id=key, seq=0, header="", text=text, start=0, end=len(text),
                first_block=0, last_block=1, locator="{}", tokens="", vector=b"", unit_id=unit,
            )
        )  # fmt: skip


def test_articles_as_a_person_may_see_them(db: Database) -> None:
    add(db, "행정절차법", "제21조", "제21조(처분의 사전 통지) ① 알린다.\n② 듣는다.")
    add(db, "행정절차법", "제23조", "제23조 삭제 <2020.1.1>")
    add(db, "소음ㆍ진동관리법", "제3조", "제3조(책무) 시장은", effective_on=date(2027, 1, 1))
    add(db, "옛 조례", "제1조", "제1조(목적)", freshness="superseded")
    add(db, "비밀 규정", "제1조", "제1조(목적)", group=THEIRS)
    laws = LibraryLaws(db, READER)
    assert laws("행정절차법", "제21조", TODAY).paragraphs == 2
    assert laws("소음·진동관리법", "제3조", date(2027, 1, 1)).effective_on is None
    assert not laws("비밀 규정", "제1조", TODAY).known
    text = (
        "「행정절차법」 제21조제3항, 「행정절차법」 제23조, 「행정절차법」 제77조, 「소음·진동관리법」 제3조, "
        "「옛 조례」 제1조, 「행정절차법률」 제21조와 「비밀 규정」 제9조를 본다."
    )
    document = OfficialDocument("plan", {}, (Block("text", (Span(text),)),))
    found = [(one.rule, one.fix) for one in review(document, Context(TODAY, laws))]
    assert found == [
        ("law.article", None), ("law.article", None), ("law.article", None), ("law.force", None),
        ("law.force", None), ("law.unknown", "행정절차법"),
    ]  # fmt: skip
