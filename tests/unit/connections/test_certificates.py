from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from functions.connections.file import ConnectionFileError, load

EXAMPLES = Path(__file__).parents[3] / "docs/examples"
PEM = (EXAMPLES / "rows-ca.pem").read_text(encoding="utf-8")
DER = ssl.PEM_cert_to_DER_cert(PEM[PEM.index("-----") :])
KEY = "-----BEGIN EC PRIVATE KEY-----\naGk=\n-----END EC PRIVATE KEY-----\n"


def written(folder: Path, content: bytes) -> Path:
    path = folder / "acme.toml"
    path.write_bytes((EXAMPLES / "custom-entity.toml").read_bytes())
    (folder / "rows-ca.pem").write_bytes(content)
    return path


@pytest.mark.parametrize("content", [PEM, PEM * 2, PEM.replace("\n", "\r\n")], ids=["one", "two", "CRLF"])
def test_certificates_in_pem_are_taken(tmp_path: Path, content: str) -> None:
    assert load(written(tmp_path, content.encode())).ifs.ca_bundle == "rows-ca.pem"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "the file holds no certificate"),
        (b"# Replace this text.", "the file holds no certificate"),
        (PEM.encode("utf-16"), "the file holds no certificate"),
        (b"-----BEGIN PKCS7-----\naGk=\n-----END PKCS7-----\n", "the file holds no certificate"),
        (DER, "the file is DER, not PEM"),
        (PEM[:-100].encode(), "a certificate in the file is damaged"),
        ((PEM + PEM.replace("MII", "")).encode(), "a certificate in the file is damaged"),
        ((PEM + KEY).encode(), "the file holds a private key"),
        (KEY.encode(), "the file holds a private key"),
    ],
    ids=["empty", "a text", "UTF-16", "PKCS 7", "DER", "cut", "the second one", "with a key", "a key alone"],
)
def test_a_file_that_holds_none_is_told_in_one_sentence(tmp_path: Path, content: bytes, told: str) -> None:
    with pytest.raises(ConnectionFileError) as fault:
        load(written(tmp_path, content))
    assert str(fault.value).startswith(f"acme.toml: ifs.ca_bundle: {told}")
    assert "\n" not in str(fault.value)
    assert "aGk=" not in str(fault.value)
