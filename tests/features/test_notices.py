"""Notices out of the log: whom they reach, once, and letters to a real server."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest
import sqlalchemy as sa

from mokmin.adapters.mail.smtp import SmtpSender
from mokmin.base.db import utcnow
from mokmin.base.errors import InvalidInput, MokminError, Unavailable
from mokmin.features.notices.service import NoticeService
from mokmin.features.notices.store import notices
from mokmin.governance.audit.telling import Happened, Told


class Post(threading.Thread):
    """A mail server of a few commands on loopback; ``refuse``: says no to every letter."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.letters: list[bytes] = []
        self.refuse = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]

    def run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._talk, sock=self._listener)
        await server.serve_forever()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 here\r\n")
        while line := await reader.readline():
            word = line.split()[0].upper() if line.split() else b""
            if word == b"DATA" and not self.refuse:
                writer.write(b"354 go on\r\n")
                lines = []
                while (text := await reader.readline()) != b".\r\n":
                    lines.append(text)
                self.letters.append(b"".join(lines))
            if word == b"QUIT":
                writer.write(b"221 bye\r\n")
                break
            writer.write(b"451 later\r\n" if self.refuse and word == b"RCPT" else b"250 good\r\n")
        writer.close()


@pytest.fixture
def post() -> Iterator[Post]:
    made = Post()
    made.start()
    yield made


def told_kim(people: Any) -> Any:
    """A teller of one action."""

    def tell(_connection: Any, what: Happened) -> list[Told]:
        if what.action != "search":
            return []
        return [
            Told(people.kim.user_id, "draft.turn", "‘공문’을 검토할 차례입니다.", "/drafts/1/line")
        ]

    return tell


def service(app: Any, people: Any, **more: Any) -> NoticeService:
    made = NoticeService(app.db, app.audit, [told_kim(people)], [], [], app.notices._today, **more)
    made.turn()  # what happened before is no news
    return made


def happen(app: Any, who: Any) -> None:
    app.audit.record(who, "search", "", hits=1)


def test_each_entry_is_told_once_and_only_to_whom_it_concerns(app: Any, people: Any) -> None:
    made = service(app, people)
    happen(app, people.lead)
    made.turn()
    made.turn()
    found = made.mine(people.kim)
    assert [(n.title, n.is_read) for n in found] == [("‘공문’을 검토할 차례입니다.", False)]
    assert made.unread(people.kim) == 1 and made.unread(people.lead) == 0
    with pytest.raises(MokminError):
        made.open(people.lead, found[0].id)
    assert made.open(people.kim, found[0].id) == "/drafts/1/line"
    assert made.unread(people.kim) == 0 and made.mine(people.kim, unread=True) == []
    happen(app, people.kim)
    made.turn()
    assert made.unread(people.kim) == 0, "nobody is told of what they did themselves"


def test_two_workers_tell_once(app: Any, people: Any) -> None:
    made = service(app, people)
    for _ in range(5):
        happen(app, people.lead)
    workers = [threading.Thread(target=made.turn) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert made.unread(people.kim) == 5


def test_letters_go_where_they_may_and_wait_for_the_server(
    app: Any, people: Any, post: Post
) -> None:
    send = SmtpSender("127.0.0.1", post.port, "none", "", "", "mokmin@haeon.example")
    made = service(
        app, people, send=send, domains=frozenset({"haeon.example"}), site="http://mokmin.example/"
    )
    for wrong in ("kim@elsewhere.example", "kim@haeon.example\r\nBcc: x@haeon.example", "kim"):
        with pytest.raises(InvalidInput):
            made.wish(people.kim, wrong, {"draft.turn": "mail"})
    with pytest.raises(InvalidInput):
        made.wish(people.kim, "", {"draft.turn": "mail"})
    made.wish(people.kim, "kim@haeon.example", {"draft.turn": "mail", "strange": "mail"})
    post.refuse = True
    happen(app, people.lead)
    made.turn()
    assert post.letters == [] and made.unread(people.kim) == 1
    post.refuse = False
    made.turn()
    assert post.letters == [], "the next try has its time"
    with app.db.write() as connection:
        connection.execute(notices.update().values(mail_at=utcnow() - timedelta(hours=1)))
    made.turn()
    made.turn()
    assert len(post.letters) == 1
    letter = message_from_bytes(post.letters[0], policy=default)
    assert letter["To"] == "kim@haeon.example" and "결재·검토할 차례" in letter["Subject"]
    assert "http://mokmin.example/drafts/1/line" in letter.get_content()
    made.wish(people.kim, "", {"draft.turn": "none"})
    happen(app, people.lead)
    made.turn()
    assert made.unread(people.kim) == 1, "who wants none gets none"


def test_a_server_that_is_away_is_told_in_words() -> None:
    send = SmtpSender("127.0.0.1", 9, "none", "", "", "mokmin@haeon.example")
    with pytest.raises(Unavailable, match="메일 서버"):
        send("kim@haeon.example", "제목\r\nBcc: a@b.c", "글")


def test_the_bell_and_its_pages(browser: Any, app: Any, people: Any, kim: Any) -> None:
    made = service(app, people)
    happen(app, people.lead)
    made.turn()
    page = kim.get("/notices")
    assert "‘공문’을 검토할 차례입니다." in page.text and "알림, 안 읽은 것 1건" in page.text
    number = made.mine(people.kim)[0].id
    answer = kim.get(f"/notices/{number}", follow_redirects=False)
    assert answer.status_code == 303 and answer.headers["location"] == "/drafts/1/line"
    assert "안 읽은 알림이 없습니다" in kim.get("/notices").text
    assert "공문" in kim.get("/notices?show=all&kind=draft.turn").text
    assert "공문" not in kim.get("/notices?show=all&kind=share").text
    assert kim.get("/notices/99999").status_code == 404
    assert "전자우편은 시스템 관리자가" in kim.get("/notices/settings").text


def test_features_tell_whom_their_actions_concern(app: Any, people: Any) -> None:
    app.notices.turn()
    me, lead = people.kim, people.lead
    draft = app.drafting.begin(me, "letter", {"제목": "알림 공문", "내용": ["가"]})
    app.draft_flow.add(me, draft, "결재", lead.user_id)
    app.draft_comments.add(me, draft, "", "의견입니다")
    app.notices.turn()
    assert app.notices.unread(lead) == 0
    with app.db.write() as connection:
        connection.execute(sa.text("UPDATE drafts SET state = 'review', holder_id = :who WHERE id = :id"), {"who": lead.user_id, "id": draft})  # fmt: skip
        app.audit.append(connection, me.login, "draft.submit", f"draft:{draft}", {"steps": 1})
    app.notices.turn()
    told = app.notices.mine(lead)
    assert [n.kind for n in told] == ["draft.turn"] and "알림 공문" in told[0].title
    with app.db.write() as connection:
        app.audit.append(connection, lead.login, "draft.return", f"draft:{draft}", {"role": "결재"})
        app.audit.append(connection, lead.login, "draft.comment", f"draft:{draft}", {})
    app.notices.turn()
    assert [n.kind for n in app.notices.mine(me)] == ["draft.comment", "draft.decided"]
