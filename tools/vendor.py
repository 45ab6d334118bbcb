"""Pack the browser assets that ``frontend/vendor.json`` names into the package.

``python tools/vendor.py`` fetches each package with ``npm pack`` (from whatever registry the
machine's own npm is set to), copies the listed files into ``mokmin/base/web/static/vendor/`` (or the
folder ``into`` of a package that no browser loads) and
refuses to end well when a copied file does not have the recorded sha256. Source maps and comments
that point to them are dropped. ``--update`` records new hashes after a version was changed by hand.

Running machines never need this: what it writes is committed and shipped in the wheel.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
MANIFEST = ROOT / "frontend" / "vendor.json"
NOTICE = ROOT / "frontend" / "NOTICE.vendor.txt"
TARGET = ROOT / "mokmin" / "base" / "web" / "static" / "vendor"

_FACE = re.compile(r"@font-face\s*\{.*?\}", re.DOTALL)
_FACE_NUMBER = re.compile(r"subset\.(\d+)\.woff2")
_INNER_SVG = re.compile(r"<svg\b[^>]*>(.*)</svg>", re.DOTALL)
_SOURCE_MAP = re.compile(rb"\n?//# sourceMappingURL=\S+")


def fetch(name: str, version: str, work: Path) -> Path:
    """Download one exact package version and return its unpacked folder."""
    command = ["npm", "pack", f"{name}@{version}", "--silent", "--ignore-scripts"]
    done = subprocess.run(command, cwd=work, check=True, capture_output=True, text=True)
    unpacked = work / f"{name}-{version}"
    with tarfile.open(work / done.stdout.strip().splitlines()[-1]) as archive:
        archive.extractall(unpacked, filter="data")
    return unpacked / "package"


def sprite(package: Path, folder: str, icons: list[str]) -> bytes:
    """One SVG of ``<symbol>`` elements, one for each named icon."""
    symbols = []
    for icon in icons:
        source = (package / folder / f"{icon}.svg").read_text(encoding="utf-8")
        inner = _INNER_SVG.search(source)
        if inner is None:
            raise SystemExit(f"{icon}.svg is not an SVG")
        body = re.sub(r"\s+", " ", inner.group(1)).strip()
        symbols.append(
            f'<symbol id="{icon}" viewBox="0 0 24 24" fill="none" stroke="currentColor" '
            f'stroke-width="2" stroke-linecap="round" stroke-linejoin="round">{body}</symbol>'
        )
    head = '<svg xmlns="http://www.w3.org/2000/svg">\n'
    return (head + "\n".join(symbols) + "\n</svg>\n").encode()


def font_css(package: Path, source: str, subsets: list[int], family: str) -> bytes:
    """The ``@font-face`` rules of the chosen subsets, under a short family name."""
    css = (package / source).read_text(encoding="utf-8")
    rules = []
    for face in _FACE.findall(css):
        number = _FACE_NUMBER.search(face)
        if number is None or int(number.group(1)) not in subsets:
            continue
        unicode_range = re.search(r"unicode-range:\s*([^;]+);", face)
        if unicode_range is None:
            raise SystemExit("a font subset without a unicode-range")
        ranges = unicode_range.group(1).replace(" ", "")
        rules.append(
            f'@font-face{{font-family:"{family}";font-weight:45 920;font-display:swap;'
            f'src:url("{number.group(1)}.woff2") format("woff2");unicode-range:{ranges}}}'
        )
    return ("\n".join(rules) + "\n").encode()


def outputs(item: dict[str, Any], package: Path) -> dict[str, bytes]:
    """The files that one manifest entry yields, by their path below the vendor folder."""
    made: dict[str, bytes] = {}
    for rule in item["take"]:
        if "icons" in rule:
            made[rule["to"]] = sprite(package, rule["from"], rule["icons"])
        elif "subsets" in rule:
            folder = rule["to"]
            made[f"{folder}/fonts.css"] = font_css(
                package, rule["css"], rule["subsets"], rule["family"]
            )
            for number in rule["subsets"]:
                made[f"{folder}/{number}.woff2"] = (
                    package / rule["from"].format(number)
                ).read_bytes()
        else:
            made[rule["to"]] = _SOURCE_MAP.sub(b"", (package / rule["from"]).read_bytes())
    return made


def notice(packages: list[dict[str, Any]]) -> str:
    """The text to join to NOTICE: name, version, licence and copyright line of each package."""
    lines = ["Browser assets and fonts packed into the package (see frontend/vendor.json):", ""]
    for item in packages:
        lines.append(f"- {item['name']} {item['version']}: {item['licence']}. {item['credit']}")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Fetch, compare, copy. Returns 1 when a hash differs and ``--update`` was not given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--update", action="store_true", help="record the hashes found")
    update: bool = parser.parse_args().update
    manifest = json.loads(MANIFEST.read_text(encoding="utf-8"))
    staged: dict[Path, bytes] = {}
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        for item in manifest["packages"]:
            if not item["take"]:
                continue
            made = outputs(item, fetch(item["name"], item["version"], Path(folder)))
            found = {path: hashlib.sha256(data).hexdigest() for path, data in made.items()}
            if update:
                item["files"] = found
            elif found != item["files"]:
                wrong.append(item["name"])
            folder_of = ROOT / item["into"] if "into" in item else TARGET
            staged |= {folder_of / path: data for path, data in made.items()}
    if wrong:
        print(f"sha256 differs from frontend/vendor.json: {', '.join(wrong)}; nothing was changed")
        return 1
    shutil.rmtree(TARGET, ignore_errors=True)
    for path, data in staged.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    if update:
        text = json.dumps(manifest, ensure_ascii=False, indent=1)
        MANIFEST.write_text(text + "\n", encoding="utf-8")
    NOTICE.write_text(notice(manifest["packages"]), encoding="utf-8")
    print(f"{len(staged)} files, {sum(map(len, staged.values())) // 1024} KiB in {TARGET.name}/")
    return 0


if __name__ == "__main__":
    sys.exit(main())
