"""Everything that a person can do to see more than allowed, through the web application itself.

A probe makes one request as somebody, between two looks at the oracle. Whatever comes back is searched
for secrets and for documents' addresses. A document that neither look allows is a leak, unless a change
to it, to the person or to everybody was announced in between (then it counts as undecidable).
"""

from __future__ import annotations

import random
import re
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rights_city import PASSWORD, SECRET, WORDS, City
from rights_oracle import Oracle
from starlette.testclient import TestClient

from mokmin.app import App
from mokmin.base.errors import MokminError

LINK = re.compile(r"/library/(\d+)|\"document_id\":\s*(\d+)|document(?:_id)?=(\d+)")
TOTAL = re.compile(r"문서 <b class=\"num\">([\d,]+)</b>건")
EXAMPLES = 12
TOKEN = re.compile(r"name=\"csrf_token\" value=\"([^\"]+)\"")
ABSENT = 90_000_000
NUMBER = re.compile(r"\b\d{1,9}\b")


@dataclass(slots=True)
class Seat:
    """A person at a browser, with what was begun there."""

    login: str
    user: int
    client: TestClient
    csrf: str
    talks: list[tuple[int, int]]
    runs: list[int]


class Prober:
    """One random probe after another."""

    def __init__(
        self, app: App, web: Any, city: City, file: Path, journal: Counter[str], seed: int
    ) -> None:
        self._app, self._web, self._city = app, web, city
        self._file, self._journal = file, journal
        self._pick = random.Random(seed)
        self._seats: dict[str, Seat] = {}
        self._shares: list[tuple[str, int]] = []
        self.counts: Counter[str] = Counter()
        self.bad: list[dict[str, str]] = []
        self.probes = {
            "search": self._search,
            "typeahead": self._typeahead,
            "library": self._library,
            "ask": self._ask,
            "history": self._history,
            "share": self._share,
            "shared": self._shared,
            "document": self._document,
            "tools": self._tools,
            "interface": self._interface,
            "access": self._access,
            "own": self._own,
        }

    def once(self) -> None:
        """One probe by somebody."""
        name = self._pick.choice(list(self.probes))
        login = self._pick.choice(list(self._city.users))
        seat = self._seat(login)
        if seat is not None:
            self.counts[name] += 1
            self.probes[name](seat)

    def _seat(self, login: str) -> Seat | None:
        if login not in self._seats:
            try:
                session = self._app.sign_in.with_password(login, PASSWORD)
            except MokminError:  # a disabled account cannot sign in
                return None
            client = TestClient(self._web, raise_server_exceptions=False)
            client.cookies.set("mokmin_session", session.token)
            user = self._city.users[login]
            self._seats[login] = Seat(login, user, client, session.csrf_token, [], [])
        return self._seats[login]

    # --- the probes -----------------------------------------------------------------------
    def _query(self) -> str:
        number = self._pick.randrange(len(self._city.documents))
        return self._pick.choice(
            (f"비표{number} 지침", f"비표{number}", " ".join(self._pick.sample(WORDS, 2)), "업무")
        )

    def _search(self, seat: Seat) -> None:
        self._get(seat, "/search", {"q": self._query()})

    def _typeahead(self, seat: Seat) -> None:
        typed = self._query()[: self._pick.randint(1, 6)]
        self._get(seat, "/search/suggest", {"q": typed})

    def _library(self, seat: Seat) -> None:
        """The list with its number, and the choices of kinds and departments."""
        before, answer, after = self._request(seat, "GET", "/library", {})
        found = TOTAL.search(answer.text)
        shown = int(found.group(1).replace(",", "")) if found else 0
        lowest, highest = sorted((len(before[0]), len(after[0])))
        quiet = before[1] == after[1]
        if answer.status_code == 200 and quiet and not lowest <= shown <= highest:
            self._note("count", f"{seat.login}: {shown}, not {lowest} to {highest}")
        self._get(seat, "/library", {"q": self._query(), "page": self._pick.randint(1, 3)})

    def _ask(self, seat: Seat) -> None:
        _, answer, _ = self._request(seat, "POST", "/chat", {"question": self._query()})
        where = re.search(r"/chat/(\d+)#mq(\d+)", answer.headers.get("location", ""))
        if where is None:
            return
        talk = int(where.group(1)), int(where.group(2))
        self._wait(seat.login, *talk)
        seat.talks.append(talk)
        if self._pick.random() < 0.5:
            self._get(seat, f"/chat/{talk[0]}", {})

    def _wait(self, login: str, conversation: int, turn: int) -> None:
        """Until the answer is written."""
        try:
            me = self._app.people.principal(login)
            for _ in self._app.assistant.follow(me, conversation, turn):
                pass
        except MokminError:
            return

    def _history(self, seat: Seat) -> None:
        """An old conversation of one's own, its evidence, trace, replay and files."""
        if not seat.talks:
            return
        talk, turn = self._pick.choice(seat.talks)
        for address in (
            f"/chat/{talk}",
            f"/chat/{talk}/export.md",
            f"/chat/{talk}/messages/{turn}/evidence/1",
            f"/chat/{talk}/messages/{turn}/why",
            f"/chat/{talk}/messages/{turn}/stream",
        ):
            self._get(seat, address, {})

    def _share(self, seat: Seat) -> None:
        """Share a conversation with somebody."""
        if not seat.talks:
            return
        talk, _ = self._pick.choice(seat.talks)
        reader = self._pick.choice(list(self._city.users))
        try:
            me = self._app.people.principal(seat.login)
            share = self._app.sharing.share(me, talk, to=reader)
        except MokminError:
            return
        self._shares.append((reader, share))

    def _shared(self, seat: Seat) -> None:
        """Read what was shared: as its reader, or with somebody else's number."""
        if not self._shares:
            return
        reader, share = self._pick.choice(self._shares)
        other = self._seat(reader) if self._pick.random() < 0.8 else seat
        if other is not None:
            self._get(other, f"/shared/{share}", {})

    def _document(self, seat: Seat) -> None:
        """A document by its number, guessed, in every way."""
        key = self._pick.choice(self._city.documents)
        for address in (
            f"/library/{key}",
            f"/library/{key}/versions",
            f"/library/{key}/file",
            f"/library/{key}/rights",
            f"/library/{key}/rights?who={self._pick.choice(list(self._city.users))}",
            f"/library/status?ids={key}",
            f"/chat?document_id={key}",
        ):
            self._get(seat, address, {}, named=key)
        for action in ("delete", "restore", "retry"):
            if self._pick.random() < 0.02:
                self._post(seat, f"/library/{key}/{action}", {}, named=key)

    def _tools(self, seat: Seat) -> None:
        """A summary of a guessed document, and an older one."""
        key = self._pick.choice(self._city.documents)
        self._get(seat, "/tools/summary", {"document": key}, named=key)
        answer = self._post(seat, "/tools/summary", {"document": key}, named=key)
        run = re.search(r"/tools/runs/(\d+)", answer.headers.get("location", ""))
        if run is not None:
            seat.runs.append(int(run.group(1)))
            self._app.tools.wait(seat.runs[-1], 10)
        self._get(seat, "/tools", {})
        if seat.runs:
            self._get(seat, f"/tools/runs/{self._pick.choice(seat.runs)}", {})

    def _interface(self, seat: Seat) -> None:
        """The interface for programs."""
        body = {"query": self._query(), "question": self._query(), "top": 50}
        for address in ("/api/v1/search", "/api/v1/ask"):
            before, answer, after = self._request(seat, "POST", address, body, as_json=True)
            self._judge(seat, address, before, answer.text, after)

    def _access(self, seat: Seat) -> None:
        """Through the eyes of others, for those who may."""
        who = self._pick.choice(list(self._city.users))
        self._get(seat, "/access", {"who": who})
        self._get(seat, "/access", {"who": who, "q": self._query()})

    def _own(self, seat: Seat) -> None:
        """One's own places."""
        for address in ("/", "/jobs", "/chat/history", "/shared", "/tools"):
            self._get(seat, address, {})
        self._get(seat, "/library/rights", {"ids": self._pick.choice(self._city.documents)})

    # --- the judge ------------------------------------------------------------------------
    def _look(self, seat: Seat) -> tuple[frozenset[int], Counter[str]]:
        oracle = Oracle.open(self._file, self._journal)
        try:
            return oracle.reads(seat.user), oracle.stamp
        finally:
            oracle.close()

    def _request(
        self, seat: Seat, method: str, address: str, fields: dict[str, Any], as_json: bool = False
    ) -> tuple[Any, Any, Any]:
        headers = {"Accept": "text/html", "X-CSRF-Token": seat.csrf}
        before = self._look(seat)
        if method == "GET":
            answer = seat.client.get(address, params=fields or None, headers=headers)
        elif as_json:
            headers["Accept"] = "application/json"
            answer = seat.client.post(address, json=fields, headers=headers)
        else:
            answer = seat.client.post(address, data=fields, headers=headers, follow_redirects=False)
        after = self._look(seat)
        self.counts["requests"] += 1
        if answer.status_code >= 500 and answer.status_code != 503:
            self._note("error", f"{answer.status_code} {address}")
        return before, answer, after

    def _get(self, seat: Seat, address: str, fields: dict[str, Any], named: int = 0) -> Any:
        before, answer, after = self._request(seat, "GET", address, fields)
        self._judge(seat, address, before, answer.text, after, named)
        return answer

    def _post(self, seat: Seat, address: str, fields: dict[str, Any], named: int = 0) -> Any:
        names = [f"d{named}"]
        self._journal.update(names)
        before, answer, after = self._request(seat, "POST", address, fields)
        self._judge(seat, address, before, answer.text, after, named)
        self._journal.update(names)
        return answer

    def _judge(
        self, seat: Seat, address: str, before: Any, text: str, after: Any, named: int = 0
    ) -> None:
        """``named``: the document that the request itself names; its number may come back."""
        secrets = {self._city.secrets[s] for s in SECRET.findall(text) if s in self._city.secrets}
        linked = {int(next(n for n in found if n)) for found in LINK.findall(text)} - {named}
        known = frozenset(self._city.documents)
        self.counts["documents shown"] += len(secrets)
        for document in (secrets | (linked & known)) - before[0] - after[0]:
            quiet = all(
                before[1][name] == after[1][name]
                for name in (f"d{document}", f"u{seat.user}", "org")
            )
            how = "secret" if document in secrets else "number"
            if quiet:
                self._note("leak", f"{how} of {document} to {seat.login} at {address}")
            else:
                self.counts["undecidable"] += 1

    def _note(self, kind: str, what: str) -> None:
        self.counts[kind] += 1
        if self.counts[kind] <= EXAMPLES:
            self.bad.append({"kind": kind, "what": what})

    # --- existence ------------------------------------------------------------------------
    def hidden(self, count: int) -> list[tuple[Seat, int]]:
        """People with documents that are there and that they may not read."""
        found: list[tuple[Seat, int]] = []
        logins = list(self._city.users)
        while len(found) < count:
            seat = self._seat(self._pick.choice(logins))
            if seat is None:
                continue
            reads, _ = self._look(seat)
            closed = [d for d in self._city.documents if d not in reads]
            if closed and seat.client.get("/library").status_code == 200:
                found.append((seat, self._pick.choice(closed)))
        return found

    def same_words(self, count: int) -> int:
        """Answers on a hidden document that differ from those on one that does not exist."""
        different = 0
        for seat, document in self.hidden(count):
            for method, place in PLACES:
                told = [
                    self._told(seat, method, place, key) for key in (document, ABSENT + document)
                ]
                if told[0] != told[1]:
                    different += 1
                    self._note("existence", f"{method} {place}: {told[0][0]} and {told[1][0]}")
        return different

    def _told(self, seat: Seat, method: str, place: str, key: int) -> tuple[int, str]:
        headers = {"Accept": "text/html", "X-CSRF-Token": seat.csrf}
        call = seat.client.get if method == "GET" else seat.client.post
        answer = call(place.format(id=key), headers=headers, follow_redirects=False)
        return answer.status_code, NUMBER.sub("#", TOKEN.sub("", answer.text))

    def timing(self, pairs: int) -> dict[str, float]:
        """Seconds of asking for a hidden document against one that does not exist: medians, and the
        share of pairs in which the hidden one took longer (.5: nothing to tell), with the two-sided
        p of the sign test in the normal approximation."""
        chosen = self.hidden(min(pairs, 40))
        longer = 0
        seconds: tuple[list[float], list[float]] = ([], [])
        for number in range(pairs):
            seat, document = chosen[number % len(chosen)]
            spent = [0.0, 0.0]
            order = (0, 1) if self._pick.random() < 0.5 else (1, 0)
            for which in order:
                key = document + which * ABSENT
                begin = time.perf_counter()
                seat.client.get(f"/library/{key}", headers={"Accept": "text/html"})
                spent[which] = time.perf_counter() - begin
                seconds[which].append(spent[which])
            longer += spent[0] > spent[1]
        share = longer / pairs
        z = abs(longer - pairs / 2) / (pairs**0.5 / 2)
        return {
            "pairs": pairs,
            "hidden_median_ms": round(1e3 * sorted(seconds[0])[pairs // 2], 3),
            "absent_median_ms": round(1e3 * sorted(seconds[1])[pairs // 2], 3),
            "hidden_took_longer": round(share, 4),
            "z": round(z, 2),
        }


PLACES = (
    ("GET", "/library/{id}"),
    ("GET", "/library/{id}?passage={id}"),
    ("GET", "/library/{id}/versions"),
    ("GET", "/library/{id}/file"),
    ("GET", "/library/{id}/pages/1.png"),
    ("GET", "/library/{id}/rights"),
    ("GET", "/library/rights?ids={id}"),
    ("GET", "/library/status?ids={id}"),
    ("GET", "/chat?document_id={id}"),
    ("GET", "/tools/summary?document={id}"),
    ("POST", "/library/{id}/delete"),
    ("POST", "/library/{id}/restore"),
    ("POST", "/library/{id}/retry"),
    ("POST", "/library/{id}/rights"),
    ("POST", "/tools/summary?document={id}"),
)
