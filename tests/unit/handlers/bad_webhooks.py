"""Whatever may stand where a webhook is expected, and what is answered: tokens, bodies, addresses, Lambda events."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from functions.flows.from_shipstation.receive import BODY_LIMIT_BYTES
from tests.equipment.webhook_endpoint import TOKEN, V1, V2


def posted(body: object = V1.decode(), **fields: Any) -> dict[str, Any]:
    """An event of API Gateway that would be taken, but for what is given."""
    named = {"connection": "moving", "token": TOKEN}
    return {
        "version": "2.0",
        "requestContext": {"http": {"method": "POST"}},
        "pathParameters": named,
        "headers": {"content-type": "application/json"},
        "body": body,
        "isBase64Encoded": False,
        **fields,
    }


def bytes_posted(body: bytes) -> dict[str, Any]:
    return posted(base64.b64encode(body).decode(), isBase64Encoded=True)


def with_token(token: object, connection: object = "moving", headers: object = None) -> dict[str, Any]:
    return posted(pathParameters={"connection": connection, "token": token}, headers=headers)


def without(name: str) -> dict[str, Any]:
    return {field: value for field, value in posted().items() if field != name}


TOKENS: dict[str, dict[str, Any]] = {
    "no token": posted(pathParameters={"connection": "moving"}),
    "an empty token": with_token(""),
    "a blank": with_token(" "),
    "a token cut short": with_token(TOKEN[:-1]),
    "a longer token": with_token(TOKEN + "0"),
    "a token in other letters": with_token(TOKEN.swapcase()),
    "a token between blanks": with_token(f" {TOKEN} "),
    "a token with a line feed": with_token(f"{TOKEN}\n"),
    "a token and a null byte": with_token(f"{TOKEN}\x00"),
    "an encoded token": with_token(TOKEN.replace("-", "%2D")),
    "a token in Base64": with_token(base64.b64encode(TOKEN.encode()).decode()),
    "a token in full-width letters": with_token("".join(chr(ord(each) + 0xFEE0) for each in TOKEN)),
    "half a character for a token": with_token("\ud800"),
    "an endless token": with_token("A" * 1_000_000),
    "a token that is null": with_token(None),
    "a token that is true": with_token(True),  # noqa: FBT003 # JSON's
    "a token that is a number": with_token(7),
    "a list with the token": with_token([TOKEN]),
    "an object with the token": with_token({"token": TOKEN}),
    "a path for a token": with_token("../strict"),
    "a word of the secret": with_token("current"),
    "the token of an unknown connection": with_token(TOKEN, "CANARY"),
    "an empty connection": with_token(TOKEN, ""),
    "a connection that is null": with_token(TOKEN, None),
    "a list with the connection": with_token(TOKEN, ["moving"]),
    "an object for a connection": with_token(TOKEN, {"moving": 1}),
    "half a character for a connection": with_token(TOKEN, "\ud800"),
    "a connection in capitals": with_token(TOKEN, "MOVING"),
    "a list with the token in a header": with_token("", headers={"x-webhook-token": [TOKEN]}),
    "the token twice in a header": with_token("", headers={"x-webhook-token": f"{TOKEN},{TOKEN}"}),
    "the token as a bearer": with_token("", headers={"authorization": f"Bearer {TOKEN}"}),
    "the token as a cookie": posted(pathParameters={"connection": "moving"}, cookies=[f"x-webhook-token={TOKEN}"]),
    "the token in the query": posted(
        pathParameters={"connection": "moving"}, queryStringParameters={"token": TOKEN}, rawQueryString=f"token={TOKEN}"
    ),
}

TEXT = V1.decode()


def replaced(old: str, new: str) -> dict[str, Any]:
    return posted(TEXT.replace(old, new))


def and_more(fields: str) -> dict[str, Any]:
    """Beside those of a good body, as they are written."""
    return replaced("}", f", {fields}}}")


BODIES: dict[str, dict[str, Any]] = {
    "nothing": posted(""),
    "null": posted("null"),
    "a number": posted("7"),
    "a text": posted('"CANARY"'),
    "a list": posted(f"[{TEXT}]"),
    "an empty object": posted("{}"),
    "no JSON": posted("{CANARY"),
    "a form": posted("resource_url=https://ssapi.shipstation.com/orders&resource_type=ORDER_NOTIFY"),
    "XML": posted('<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///CANARY">]><a>&b;</a>'),
    "JSON with single quotes": replaced('"', "'"),
    "JSON with a comment": posted(f"{TEXT} // CANARY"),
    "JSON with a last comma": replaced("}", ",}"),
    "two JSON texts": posted(TEXT + TEXT),
    "JSON behind a guard": posted(f")]}}',\n{TEXT}"),
    "JSON that is cut off": posted(TEXT[:-2]),
    "a raw line feed in a text": replaced("SHIP_NOTIFY", "SHIP\nNOTIFY"),
    "a null byte behind": posted(f"{TEXT}\x00"),
    "a byte order mark": posted(f"\ufeff{TEXT}"),
    "half a character in front": posted(f"\ud800{TEXT}"),
    "lists nested too deep": posted("[" * 100_000),
    "objects nested too deep": posted('{"a":' * 50_000),
    "a good body that is nested too deep": and_more('"more": ' + "[" * 60_000 + "]" * 60_000),
    "an endless number": posted('{"resource_url": ' + "9" * 100_000 + "}"),
    "an endless number beside": and_more('"more": ' + "9" * 100_000),
    "a number beyond all": and_more('"more": 1e999'),
    "an endless exponent": and_more('"more": -1e' + "9" * 10_000),
    "NaN": and_more('"more": NaN'),
    "Infinity in a list": and_more('"more": [-Infinity]'),
    "NaN for an address": posted('{"resource_url": NaN, "resource_type": "SHIP_NOTIFY"}'),
    "two addresses, the good one last": replaced("{", '{"resource_url": "https://CANARY.example", '),
    "two addresses, the good one first": and_more('"resource_url": "https://CANARY.example"'),
    "two addresses, one name escaped": and_more('"resource\\u005furl": "https://CANARY.example"'),
    "two types": and_more('"resource_type": "API_TRACK"'),
    "a name twice further in": and_more('"more": [{"a": 1, "a": 2}]'),
    "half a character in the address": replaced("=7", "=\\ud800"),
    "half a character in the type": replaced("SHIP_NOTIFY", "\\udc00"),
    "half a character beside": and_more('"more": ["\\ud83d"]'),
    "half a character in a name": and_more('"\\ud83d": 1'),
    "UTF-16": bytes_posted(TEXT.encode("utf-16")),
    "UTF-16 without a mark": bytes_posted(TEXT.encode("utf-16-le")),
    "UTF-32": bytes_posted(TEXT.encode("utf-32")),
    "UTF-7": replaced("{", "+AHs-"),
    "UTF-8 with a mark": bytes_posted(TEXT.encode("utf-8-sig")),
    "Latin-1": bytes_posted(V1.replace(b"SHIP_NOTIFY", b"\xe9")),
    "a slash in two bytes": bytes_posted(V1.replace(b"/shipments", b"\xc0\xafshipments")),
    "half a character in bytes": bytes_posted(V1.replace(b"SHIP_NOTIFY", b"\xed\xa0\x80")),
    "gzip": bytes_posted(gzip.compress(V1)),
    "bytes of every kind": bytes_posted(bytes(range(256))),
    "no Base64 although it says so": posted(TEXT, isBase64Encoded=True),
    "Base64 although it does not say so": posted(base64.b64encode(V1).decode()),
    "Base64 without its end": posted(base64.b64encode(V1 + b"  ").decode().rstrip("="), isBase64Encoded=True),
    "Base64 with line feeds": posted(base64.encodebytes(V1).decode(), isBase64Encoded=True),
    "Base64 of addresses": posted(base64.b64encode(V1).decode()[:-2] + "-_", isBase64Encoded=True),
    "Base64 in other letters": posted(base64.b64encode(V1).decode().replace("e", "\uff45"), isBase64Encoded=True),
    "Base64 twice": bytes_posted(base64.b64encode(V1)),
    "an address that is null": posted('{"resource_url": null, "resource_type": "SHIP_NOTIFY"}'),
    "a list of addresses": posted(json.dumps({"resource_url": [json.loads(V1)["resource_url"]]})),
    "an object for an address": posted(json.dumps({"resource_url": {"href": json.loads(V1)["resource_url"]}})),
    "an address under another name": replaced("resource_url", "Resource_Url"),
    "a type alone": posted('{"resource_type": "SHIP_NOTIFY"}'),
    "V1's address under V2's event": replaced("SHIP_NOTIFY", "LABEL_CREATED_V2"),
    "V2's address under V1's event": posted(V2.decode().replace("LABEL_CREATED_V2", "SHIP_NOTIFY")),
    "V2's address under no text": posted(V2.decode().replace('"LABEL_CREATED_V2"', '["LABEL_CREATED_V2"]')),
}

TOO_LARGE: dict[str, dict[str, Any]] = {
    "blanks": posted(TEXT + " " * BODY_LIMIT_BYTES),
    "letters of three bytes": posted("\u20ac" * (BODY_LIMIT_BYTES // 3 + 1)),
    "Base64": bytes_posted(V1 + b" " * BODY_LIMIT_BYTES),
    "nesting": posted("[" * (BODY_LIMIT_BYTES + 1)),
    "a number": posted("9" * (BODY_LIMIT_BYTES + 1)),
}


@dataclass(frozen=True)
class Address:
    """A good one of either API, in its parts."""

    event: str
    host: str
    rest: str

    @property
    def good(self) -> str:
        return f"https://{self.host}{self.rest}"

    def spoilt(self, how: str | tuple[str, str]) -> str:
        if isinstance(how, tuple):
            return self.good.replace(*how)
        return how.format(host=self.host, shouted=self.host.upper(), rest=self.rest, good=self.good)


APIS = {
    "V1": Address("SHIP_NOTIFY", "ssapi.shipstation.com", "/shipments?batchId=7"),
    "V2": Address("LABEL_CREATED_V2", "api.shipstation.com", "/v2/labels?batch_id=se-7"),
}
# A form of address; or what is written for a piece of a good one.
ADDRESSES: Mapping[str, str | tuple[str, str]] = {
    "user info": "https://CANARY:pw@{host}{rest}",
    "an empty user": "https://@{host}{rest}",
    "the host as user info": "https://{host}@canary.example{rest}",
    "the host as a user with a port": "https://{host}:443@canary.example{rest}",
    "two at signs": "https://a@{host}@canary.example{rest}",
    "an encoded at sign": "https://{host}%40canary.example{rest}",
    "another port": "https://{host}:8443{rest}",
    "port 80": "https://{host}:80{rest}",
    "an empty port": "https://{host}:{rest}",
    "a port with a zero in front": "https://{host}:0443{rest}",
    "a port beyond all": "https://{host}:65979{rest}",
    "a negative port": "https://{host}:-443{rest}",
    "a port of letters": "https://{host}:https{rest}",
    "a port in other digits": "https://{host}:\u0664\u0664\u0663{rest}",
    "backslashes for slashes": ("/", "\\"),
    "a backslash behind the host": "https://{host}\\@canary.example{rest}",
    "a host before a backslash": "https://canary.example\\@{host}{rest}",
    "a backslash in the path": "https://{host}/..\\{rest}",
    "an encoded slash": "https://{host}/x%2f..{rest}",
    "an encoded backslash": "https://{host}/x%5c{rest}",
    "an encoded host": (".", "%2e"),
    "encoded twice": "https://{host}/%252e%252e{rest}",
    "an encoded path": "https://{host}/%73{rest}",
    "dot segments": "https://{host}/x/..{rest}",
    "a dot segment": "https://{host}/.{rest}",
    "encoded dot segments": "https://{host}/x/%2e%2e{rest}",
    "two slashes": "https://{host}/{rest}",
    "three slashes": "https:///{host}{rest}",
    "one slash": "https:/{host}{rest}",
    "no slash": "https:{host}{rest}",
    "a tab in front": "\t{good}",
    "a tab in the scheme": ("https", "ht\ttps"),
    "a line feed in the host": (".com", ".co\nm"),
    "a line feed behind": "{good}\n",
    "a carriage return in the path": "{good}\r\nHost: canary.example",
    "a blank behind": "{good} ",
    "a blank that does not break": "\u00a0{good}",
    "a line separator": "{good}\u2028",
    "a null byte": "{good}\x00",
    "a delete": "{good}\x7f",
    "a blank of no width": (".com", "\u200b.com"),
    "a soft hyphen": ("ship", "sh\u00adip"),
    "right to left": "\u202e{good}",
    "a dotless i": ("shipstation", "shipstat\u0131on"),
    "a Cyrillic a": ("api", "\u0430pi"),
    "a long s": ("shipst", "\u017fhipst"),
    "full-width letters": ("com", "\uff43\uff4f\uff4d"),
    "an ideographic full stop": (".com", "\u3002com"),
    "a one-dot leader": (".com", "\u2024com"),
    "a care-of sign": "https://{host}\u2100canary.example{rest}",
    "Punycode": ("shipstation", "xn--shipstaton-g4a"),
    "other digits in the id": ("7", "\u0667"),
    "a fragment": "{good}#CANARY",
    "a fragment before the host": "https://canary.example#@{host}{rest}",
    "a query before the host": "https://canary.example?@{host}{rest}",
    "a second question mark": "{good}?x=1",
    "parameters of a path": ("?", ";x=CANARY?"),
    "parameters of a host": "https://{host};canary.example{rest}",
    "IPv6": "https://[::1]{rest}",
    "IPv4 in IPv6": "https://[::ffff:169.254.169.254]{rest}",
    "a zone": "https://[fe80::1%25{host}]{rest}",
    "the host in brackets": "https://[{host}]{rest}",
    "an open bracket": "https://[{host}{rest}",
    "IPv4": "https://169.254.169.254{rest}",
    "IPv4 as a number": "https://2852039166{rest}",
    "IPv4 in octal": "https://0251.0376.0251.0376{rest}",
    "localhost": "https://localhost{rest}",
    "http": ("https", "http"),
    "no scheme": ("https:", ""),
    "no host": "{rest}",
    "ftp": ("https", "ftp"),
    "gopher": ("https", "gopher"),
    "file": "file://{host}{rest}",
    "javascript": "javascript://{host}/%0aCANARY()",
    "data": "data:text/html,{good}",
    "jar": "jar:{good}!/",
    "the scheme twice": "https://{good}",
    "quoted": '"{good}"',
    "a scheme in capitals": ("https", "HTTPS"),
    "a host in capitals": "https://{shouted}{rest}",
    "a trailing dot": "https://{host}.{rest}",
    "a dot in front": "https://.{host}{rest}",
    "another domain behind": "https://{host}.canary.example{rest}",
    "a name in front": "https://canary.{host}{rest}",
    "a domain that looks alike": (".shipstation", ".canary-shipstation"),
    "the domain alone": "https://shipstation.com{rest}",
    "the host in the path": "https://canary.example/{host}{rest}",
    "the address in the query": "https://canary.example/?u={good}",
    "an endless query": "{good}&x=" + "1" * 100_000,
    "an endless path": "https://{host}/" + "a/" * 50_000,
    "an endless host": "https://" + "a." * 50_000 + "{host}{rest}",
    "nothing": "",
}

NAMED = {"pathParameters": {"connection": "moving", "token": TOKEN}}
REFUSED_EVENTS: dict[str, tuple[Any, int]] = {
    "null for an event": (None, 404),
    "a list": ([], 404),
    "a list of events": ([posted()], 404),
    "a text": ("CANARY", 404),
    "a number": (7, 404),
    "true": (True, 404),
    "an empty event": ({}, 404),
    "an event of SQS": ({"Records": [{"body": TEXT}]}, 404),
    "no path parameters": (without("pathParameters"), 404),
    "path parameters that are null": (posted(pathParameters=None), 404),
    "a list of path parameters": (posted(pathParameters=["moving", TOKEN]), 404),
    "a text for path parameters": (posted(pathParameters=f"moving/{TOKEN}"), 404),
    "a number for path parameters": (posted(pathParameters=7), 404),
    "path parameters of another name": (posted(pathParameters={"proxy": f"moving/{TOKEN}"}), 404),
    "no body": (without("body"), 400),
    "a body that is null": (posted(None), 400),
    "an object for a body": (posted(json.loads(V1)), 400),
    "a list for a body": (posted([TEXT]), 400),
    "a number for a body": (posted(7), 400),
    "true for a body": (posted(True), 400),  # noqa: FBT003 # JSON's
    "a list in Base64": (posted([TEXT], isBase64Encoded=True), 400),
    "a body that is null in Base64": (posted(None, isBase64Encoded=True), 400),
    "path parameters alone": (NAMED, 400),
}
TAKEN_EVENTS: dict[str, dict[str, Any]] = {
    "as it should be": posted(),
    "in Base64": bytes_posted(V1),
    "no context of a request": without("requestContext"),
    "a context that is null": posted(requestContext=None),
    "no headers": without("headers"),
    "headers that are null": posted(headers=None),
    "a list of headers": posted(headers=[["x-webhook-token", TOKEN]]),
    "a text for headers": posted(headers="x-webhook-token: CANARY"),
    "headers that hold no texts": posted(headers={"a": None, "b": 7, "c": ["d"], "e": {"f": "g"}, "h": True}),
    "a list with a signature's time": posted(headers={"x-shipengine-timestamp": ["2026-11-25"]}),
    "no word of Base64": without("isBase64Encoded"),
    "Base64 that is null": posted(isBase64Encoded=None),
    "the text false for Base64": posted(isBase64Encoded="false"),
    "a list for Base64": posted(isBase64Encoded=["no"]),
    "the event of the earlier format": posted(version="1.0", httpMethod="POST", multiValueHeaders=None),
}


def addressed(api: Address, url: str) -> dict[str, Any]:
    return posted(json.dumps({"resource_url": url, "resource_type": api.event}))


REFUSED: dict[str, tuple[Any, int]] = {
    **{f"token: {name}": (event, 404) for name, event in TOKENS.items()},
    **{f"body: {name}": (event, 400) for name, event in BODIES.items()},
    **{f"too large: {name}": (event, 413) for name, event in TOO_LARGE.items()},
    **{
        f"address of {name}: {kind}": (addressed(api, api.spoilt(how)), 400)
        for name, api in APIS.items()
        for kind, how in ADDRESSES.items()
    },
    **{f"event: {name}": pair for name, pair in REFUSED_EVENTS.items()},
}
