"""Says what is wrong with the file of certificates that a connection file names, before a Lambda needs it."""

from __future__ import annotations

import ssl
from pathlib import Path

CERTIFICATE, PRIVATE = b"-----BEGIN CERTIFICATE-----", b"PRIVATE KEY-----"
SEQUENCE = b"\x30"  # what DER begins with
IN_PEM = "text between -----BEGIN CERTIFICATE----- and -----END CERTIFICATE-----"


def certificate_fault(path: Path) -> str | None:
    """Words that follow the key, None where nothing is wrong; nothing of what the file holds."""
    if not path.is_file():
        return "there is no such file beside it"
    try:
        return _fault(path, path.read_bytes())
    except OSError as error:
        return f"the file cannot be read: {error.strerror}"


def _fault(path: Path, raw: bytes) -> str | None:
    if PRIVATE in raw:
        return "the file holds a private key, which does not belong here: leave the certificates alone in it"
    if CERTIFICATE not in raw:
        why = (
            "is DER, not PEM: convert it (openssl x509 -inform der)" if raw[:1] == SEQUENCE else "holds no certificate"
        )
        return f"the file {why}; PEM is {IN_PEM}"
    return None if _is_loaded(path) else f"a certificate in the file is damaged; each is whole {IN_PEM}"


def _is_loaded(path: Path) -> bool:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=path)
    except ssl.SSLError:
        return False
    return True
