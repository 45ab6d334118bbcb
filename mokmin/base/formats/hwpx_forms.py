"""An office's own HWPX form: its fields found, and filled with every other byte as it was.

``read_form`` looks through a package once; ``Form.fill`` then fills it as often as wanted.
"""

from __future__ import annotations

import io
import re
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mokmin.base.errors import InvalidInput

from .archive import check_package
from .hwpx_form_filling import Edit, edits_of, spliced, truthy
from .hwpx_form_finding import Finder, with_keys
from .hwpx_form_model import Filled, FormField, Found, Problem
from .hwpx_form_styles import Styles, styles_of
from .hwpx_form_xml import Node, parse
from .limits import MB, ReadLimits
from .reasons import unreadable

LIMITS = ReadLimits(file_bytes=30 * MB, unpacked_bytes=150 * MB, entries=2_000, nesting=120)
MOST_SECTION_BYTES = 20 * MB
MOST_VALUE = 20_000
_SECTION = re.compile(r"Contents/section(\d{1,4})\.xml")
_PROGRAM = re.compile(
    r"\.(?:exe|dll|com|scr|bat|cmd|vbs|vbe|js|jse|wsf|ps1|hta|jar|msi|lnk)$", re.IGNORECASE
)
# What 한글 itself puts into every file with scripts: nothing happens in them.
_HARMLESS = re.compile(
    r"\s*|var Documents = XHwpDocuments;\s*var Document = Documents\.Active_XHwpDocument;\s*"
    r"|(?:function OnDocument_\w+\(\)\s*\{\s*(?://\s*todo\s*:?\s*)?\}\s*)*"
)


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """A form that was looked through."""

    package: bytes
    sections: Mapping[int, tuple[str, bytes, Node]]
    found: tuple[Found, ...]
    styles: Styles

    @property
    def fields(self) -> tuple[FormField, ...]:
        """Its fields in the order of the document."""
        return tuple(one.field for one in self.found)

    def problems(self, values: Mapping[str, str]) -> tuple[Problem, ...]:
        """What filling with these values would bring to look at."""
        of_key = {field.key: field for field in self.fields}
        found = ((key, _problem(of_key[key], v)) for key, v in values.items() if v.strip())
        return tuple(Problem(key, message) for key, message in found if message)

    def fill(self, values: Mapping[str, str]) -> Filled:
        """The package with the values of some fields. Empty values leave a field as it is. Raises
        InvalidInput for a key that the form does not have."""
        of_key = {one.field.key: one for one in self.found}
        if unknown := [key for key in values if key not in of_key]:
            raise InvalidInput(
                f"서식에 없는 항목입니다: {', '.join(unknown[:5])}. 아무것도 채우지 않았습니다."
            )
        edits: dict[int, list[Edit]] = {}
        for key, value in values.items():
            if not value.strip():
                continue
            if len(value) > MOST_VALUE:
                raise InvalidInput(
                    f"‘{key}’ 값이 너무 깁니다. {MOST_VALUE:,}자까지 쓸 수 있습니다."
                )
            one = of_key[key]
            data = self.sections[one.section][1]
            edits.setdefault(one.section, []).extend(edits_of(data, one, value))
        return Filled(self._written(edits), self.problems(values))

    def _written(self, edits: Mapping[int, list[Edit]]) -> bytes:
        changed = {
            self.sections[number][0]: spliced(self.sections[number][1], made)
            for number, made in edits.items()
        }
        out = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(self.package)) as old, zipfile.ZipFile(out, "w") as new:
            for item in old.infolist():
                body = changed.get(item.filename)
                new.writestr(item, old.read(item) if body is None else body)
        return out.getvalue()


def read_form(package: bytes) -> Form:
    """Look through a form. Raises UnreadableFile for what is no HWPX, damaged, encrypted, a bomb, or
    carries programs."""
    _check(package)
    try:
        with zipfile.ZipFile(io.BytesIO(package)) as archive:
            names = archive.namelist()
            _check_members(archive, names)
            sections = {
                int(m[1]): (name, archive.read(name))
                for name in names
                if (m := _SECTION.fullmatch(name))
            }
            styles = (
                styles_of(archive.read("Contents/header.xml"))
                if "Contents/header.xml" in names
                else Styles()
            )
    except (zipfile.BadZipFile, RuntimeError, EOFError, OSError) as error:
        raise unreadable("damaged") from error
    if not sections:
        raise InvalidInput("HWPX 서식이 아닙니다. 한글에서 ‘HWPX’로 저장한 파일을 올려 주세요.")
    if sum(len(data) for _, data in sections.values()) > MOST_SECTION_BYTES:
        raise unreadable("too-large")
    found: list[Found] = []
    trees: dict[int, tuple[str, bytes, Node]] = {}
    for number in sorted(sections):
        name, data = sections[number]
        root = parse(data)
        finder = Finder(number, styles)
        finder.walk(root)
        found.extend(finder.found)
        trees[number] = (name, data, root)
    return Form(package, trees, tuple(with_keys(found)), styles)


def fill(package: bytes, values: Mapping[str, str]) -> bytes:
    """A form filled once."""
    return read_form(package).fill(values).package


def _check(package: bytes) -> None:
    with tempfile.NamedTemporaryFile(suffix=".hwpx") as file:
        file.write(package)
        file.flush()
        path = Path(file.name)
        if not zipfile.is_zipfile(path):
            raise InvalidInput(
                "HWPX 서식이 아닙니다. HWP나 DOCX라면 한글에서 열어 HWPX로 저장한 뒤 올려 주세요."
            )
        check_package(path, LIMITS)


def _check_members(archive: zipfile.ZipFile, names: Sequence[str]) -> None:
    if len(set(names)) != len(names) or any(
        name.startswith(("/", "\\")) or ".." in re.split(r"[\\/]", name) for name in names
    ):
        raise unreadable("damaged")
    if "META-INF/manifest.xml" in names and b"encryption-data" in archive.read(
        "META-INF/manifest.xml"
    ):
        raise unreadable("password")
    for name in names:
        if _PROGRAM.search(name) and not (
            name.startswith("Scripts/") and _is_harmless(archive.read(name))
        ):
            raise InvalidInput(
                "서식에 매크로(스크립트)나 실행 파일이 들어 있어 받지 않았습니다. 한글에서 매크로를 지우고 "
                "다시 저장해 올려 주세요."
            )


def _is_harmless(script: bytes) -> bool:
    text = script.decode(
        "utf-16" if script[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8", "replace"
    )
    if "\x00" in text:
        text = script.decode("utf-16-le", "replace")
    return _HARMLESS.fullmatch(text.strip("\ufeff").replace("\r\n", "\n")) is not None


def _problem(field: FormField, value: str) -> str:
    if field.kind == "check" and truthy(value) is None:
        return "예/아니요로 알아볼 수 없어 표시하지 않았습니다."
    if field.kind == "choice" and field.options:
        wanted = [w.strip() for w in re.split(r"[,\n]", value) if w.strip()]
        if missing := [w for w in wanted if w not in field.options]:
            return f"보기에 없는 값입니다: {', '.join(missing)}. 보기: {', '.join(field.options)}"
    if field.room and (weight := sum(1 if ord(c) > 0x2E7F else 0.55 for c in value)) > field.room:
        return f"칸이 좁습니다: 약 {field.room}자 자리에 {int(weight)}자입니다. 칸이 늘어나 쪽이 밀릴 수 있습니다."
    return ""
