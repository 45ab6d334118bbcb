"""AWS Signature Version 4 for requests without a body (AWS General Reference, "Signature Version 4 signing
process"; service ``s3``: the path is encoded once).

By hand, and not with ``pyarrow.fs.S3FileSystem``: that one resolves names itself, follows where it is sent and
looks for credentials at metadata addresses, so that nothing of ``AllowedHosts`` would hold for it.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from urllib.parse import quote, urlsplit

ALGORITHM = "AWS4-HMAC-SHA256"
NO_BODY = hashlib.sha256(b"").hexdigest()


def encoded_query(pairs: Sequence[tuple[str, str]]) -> str:
    """A query as it is sent and signed: sorted, every letter but the unreserved ones encoded."""
    encoded = sorted((quote(k, safe="-_.~"), quote(v, safe="-_.~")) for k, v in pairs)
    return "&".join(f"{k}={v}" for k, v in encoded)


def signed(
    method: str,
    url: str,
    key_id: str,
    secret: str,
    region: str,
    moment: datetime,
    extra: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Headers for ``url``, whose path and query are encoded already. ``moment``: UTC; ``extra``:
    other headers to be signed, in lower case."""
    parts = urlsplit(url)
    stamp, day = moment.strftime("%Y%m%dT%H%M%SZ"), moment.strftime("%Y%m%d")
    headers = {
        "host": parts.netloc,
        "x-amz-content-sha256": NO_BODY,
        "x-amz-date": stamp,
        **(extra or {}),
    }
    names = ";".join(sorted(headers))
    told = "".join(f"{name}:{headers[name].strip()}\n" for name in sorted(headers))
    request = "\n".join((method, parts.path or "/", parts.query, told, names, NO_BODY))
    scope = f"{day}/{region}/s3/aws4_request"
    text = "\n".join((ALGORITHM, stamp, scope, hashlib.sha256(request.encode()).hexdigest()))
    key = f"AWS4{secret}".encode()
    for part in (day, region, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    proof = hmac.new(key, text.encode(), "sha256").hexdigest()
    authorization = (
        f"{ALGORITHM} Credential={key_id}/{scope}, SignedHeaders={names}, Signature={proof}"
    )
    return {"Authorization": authorization} | {k: v for k, v in headers.items() if k != "host"}
