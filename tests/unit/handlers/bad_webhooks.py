"""Whatever may stand where a webhook is expected, and what is answered: tokens, bodies, addresses, Lambda events."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable, Mapping
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
    "JSON with single quotes": posted(TEXT.replace('"', "'")),
    "JSON with a comment": posted(f"{TEXT} // CANARY"),
    "JSON with a last comma": posted(TEXT.replace("}", ",}")),
    "two JSON texts": posted(TEXT + TEXT),
    "JSON behind a guard": posted(f")]}}',\n{TEXT}"),
    "JSON that is cut off": posted(TEXT[:-2]),
    "a raw line feed in a text": posted(TEXT.replace("SHIP_NOTIFY", "SHIP\nNOTIFY")),
    "a null byte behind": posted(f"{TEXT}\x00"),
    "a byte order mark": posted(f"\ufeff{TEXT}"),
    "half a character in front": posted(f"\ud800{TEXT}"),
    "lists nested too deep": posted("[" * 100_000),
    "objects nested too deep": posted('{"a":' * 50_000),
    "a good body that is nested too deep": posted(TEXT.replace("}", ', "more": ' + "[" * 60_000 + "]" * 60_000 + "}")),
    "an endless number": posted('{"resource_url": ' + "9" * 100_000 + "}"),
    "an endless number beside": posted(TEXT.replace("}", ', "more": ' + "9" * 100_000 + "}")),
    "a number beyond all": posted(TEXT.replace("}", ', "more": 1e999}')),
    "an endless exponent": posted(TEXT.replace("}", ', "more": -1e' + "9" * 10_000 + "}")),
    "NaN": posted(TEXT.replace("}", ', "more": NaN}')),
    "Infinity in a list": posted(TEXT.replace("}", ', "more": [-Infinity]}')),
    "NaN for an address": posted('{"resource_url": NaN, "resource_type": "SHIP_NOTIFY"}'),
    "two addresses, the good one last": posted(TEXT.replace("{", '{"resource_url": "https://CANARY.example", ')),
    "two addresses, the good one first": posted(TEXT.replace("}", ', "resource_url": "https://CANARY.example"}')),
    "two addresses, one name escaped": posted(TEXT.replace("}", ', "resource\\u005furl": "https://CANARY.example"}')),
    "two types": posted(TEXT.replace("}", ', "resource_type": "API_TRACK"}')),
    "a name twice further in": posted(TEXT.replace("}", ', "more": [{"a": 1, "a": 2}]}')),
    "half a character in the address": posted(TEXT.replace("=7", "=\\ud800")),
    "half a character in the type": posted(TEXT.replace("SHIP_NOTIFY", "\\udc00")),
    "half a character beside": posted(TEXT.replace("}", ', "more": ["\\ud83d"]}')),
    "half a character in a name": posted(TEXT.replace("}", ', "\\ud83d": 1}')),
    "UTF-16": bytes_posted(TEXT.encode("utf-16")),
    "UTF-16 without a mark": bytes_posted(TEXT.encode("utf-16-le")),
    "UTF-32": bytes_posted(TEXT.encode("utf-32")),
    "UTF-7": posted(TEXT.replace("{", "+AHs-")),
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
    "an address under another name": posted(TEXT.replace("resource_url", "Resource_Url")),
    "a type alone": posted('{"resource_type": "SHIP_NOTIFY"}'),
    "V1's address under V2's event": posted(TEXT.replace("SHIP_NOTIFY", "LABEL_CREATED_V2")),
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


APIS = {
    "V1": Address("SHIP_NOTIFY", "ssapi.shipstation.com", "/shipments?batchId=7"),
    "V2": Address("LABEL_CREATED_V2", "api.shipstation.com", "/v2/labels?batch_id=se-7"),
}
Spoilt = Callable[[Address], str]
ADDRESSES: Mapping[str, Spoilt] = {
    "user info": lambda a: f"https://CANARY:pw@{a.host}{a.rest}",
    "an empty user": lambda a: f"https://@{a.host}{a.rest}",
    "the host as user info": lambda a: f"https://{a.host}@canary.example{a.rest}",
    "the host as a user with a port": lambda a: f"https://{a.host}:443@canary.example{a.rest}",
    "two at signs": lambda a: f"https://a@{a.host}@canary.example{a.rest}",
    "an encoded at sign": lambda a: f"https://{a.host}%40canary.example{a.rest}",
    "another port": lambda a: f"https://{a.host}:8443{a.rest}",
    "port 80": lambda a: f"https://{a.host}:80{a.rest}",
    "an empty port": lambda a: f"https://{a.host}:{a.rest}",
    "a port with a zero in front": lambda a: f"https://{a.host}:0443{a.rest}",
    "a port beyond all": lambda a: f"https://{a.host}:65979{a.rest}",
    "a negative port": lambda a: f"https://{a.host}:-443{a.rest}",
    "a port of letters": lambda a: f"https://{a.host}:https{a.rest}",
    "a port in other digits": lambda a: f"https://{a.host}:\u0664\u0664\u0663{a.rest}",
    "backslashes for slashes": lambda a: a.good.replace("/", "\\"),
    "a backslash behind the host": lambda a: f"https://{a.host}\\@canary.example{a.rest}",
    "a host before a backslash": lambda a: f"https://canary.example\\@{a.host}{a.rest}",
    "a backslash in the path": lambda a: f"https://{a.host}/..\\{a.rest}",
    "an encoded slash": lambda a: f"https://{a.host}/x%2f..{a.rest}",
    "an encoded backslash": lambda a: f"https://{a.host}/x%5c{a.rest}",
    "an encoded host": lambda a: a.good.replace(".", "%2e"),
    "encoded twice": lambda a: f"https://{a.host}/%252e%252e{a.rest}",
    "an encoded path": lambda a: f"https://{a.host}/%73{a.rest}",
    "dot segments": lambda a: f"https://{a.host}/x/..{a.rest}",
    "a dot segment": lambda a: f"https://{a.host}/.{a.rest}",
    "encoded dot segments": lambda a: f"https://{a.host}/x/%2e%2e{a.rest}",
    "two slashes": lambda a: f"https://{a.host}/{a.rest}",
    "three slashes": lambda a: f"https:///{a.host}{a.rest}",
    "one slash": lambda a: f"https:/{a.host}{a.rest}",
    "no slash": lambda a: f"https:{a.host}{a.rest}",
    "a tab in front": lambda a: f"\t{a.good}",
    "a tab in the scheme": lambda a: a.good.replace("https", "ht\ttps"),
    "a line feed in the host": lambda a: a.good.replace(".com", ".co\nm"),
    "a line feed behind": lambda a: f"{a.good}\n",
    "a carriage return in the path": lambda a: f"{a.good}\r\nHost: canary.example",
    "a blank behind": lambda a: f"{a.good} ",
    "a blank that does not break": lambda a: f"\u00a0{a.good}",
    "a line separator": lambda a: f"{a.good}\u2028",
    "a null byte": lambda a: f"{a.good}\x00",
    "a delete": lambda a: f"{a.good}\x7f",
    "a blank of no width": lambda a: a.good.replace(".com", "\u200b.com"),
    "a soft hyphen": lambda a: a.good.replace("ship", "sh\u00adip"),
    "right to left": lambda a: f"\u202e{a.good}",
    "a dotless i": lambda a: a.good.replace("shipstation", "shipstat\u0131on"),
    "a Cyrillic a": lambda a: a.good.replace("api", "\u0430pi"),
    "a long s": lambda a: a.good.replace("shipst", "\u017fhipst"),
    "full-width letters": lambda a: a.good.replace("com", "\uff43\uff4f\uff4d"),
    "an ideographic full stop": lambda a: a.good.replace(".com", "\u3002com"),
    "a one-dot leader": lambda a: a.good.replace(".com", "\u2024com"),
    "a care-of sign": lambda a: f"https://{a.host}\u2100canary.example{a.rest}",
    "Punycode": lambda a: a.good.replace("shipstation", "xn--shipstaton-g4a"),
    "other digits in the id": lambda a: a.good.replace("7", "\u0667"),
    "a fragment": lambda a: f"{a.good}#CANARY",
    "a fragment before the host": lambda a: f"https://canary.example#@{a.host}{a.rest}",
    "a query before the host": lambda a: f"https://canary.example?@{a.host}{a.rest}",
    "a second question mark": lambda a: f"{a.good}?x=1",
    "parameters of a path": lambda a: a.good.replace("?", ";x=CANARY?"),
    "parameters of a host": lambda a: f"https://{a.host};canary.example{a.rest}",
    "IPv6": lambda a: f"https://[::1]{a.rest}",
    "IPv4 in IPv6": lambda a: f"https://[::ffff:169.254.169.254]{a.rest}",
    "a zone": lambda a: f"https://[fe80::1%25{a.host}]{a.rest}",
    "the host in brackets": lambda a: f"https://[{a.host}]{a.rest}",
    "an open bracket": lambda a: f"https://[{a.host}{a.rest}",
    "IPv4": lambda a: f"https://169.254.169.254{a.rest}",
    "IPv4 as a number": lambda a: f"https://2852039166{a.rest}",
    "IPv4 in octal": lambda a: f"https://0251.0376.0251.0376{a.rest}",
    "localhost": lambda a: f"https://localhost{a.rest}",
    "http": lambda a: a.good.replace("https", "http"),
    "no scheme": lambda a: a.good.removeprefix("https:"),
    "no host": lambda a: a.rest,
    "ftp": lambda a: a.good.replace("https", "ftp"),
    "gopher": lambda a: a.good.replace("https", "gopher"),
    "file": lambda a: f"file://{a.host}{a.rest}",
    "javascript": lambda a: f"javascript://{a.host}/%0aCANARY()",
    "data": lambda a: f"data:text/html,{a.good}",
    "jar": lambda a: f"jar:{a.good}!/",
    "the scheme twice": lambda a: f"https://{a.good}",
    "quoted": lambda a: f'"{a.good}"',
    "a scheme in capitals": lambda a: a.good.replace("https", "HTTPS"),
    "a host in capitals": lambda a: a.good.replace(a.host, a.host.upper()),
    "a trailing dot": lambda a: f"https://{a.host}.{a.rest}",
    "a dot in front": lambda a: f"https://.{a.host}{a.rest}",
    "another domain behind": lambda a: f"https://{a.host}.canary.example{a.rest}",
    "a name in front": lambda a: f"https://canary.{a.host}{a.rest}",
    "a domain that looks alike": lambda a: a.good.replace(".shipstation", ".canary-shipstation"),
    "the domain alone": lambda a: f"https://shipstation.com{a.rest}",
    "the host in the path": lambda a: f"https://canary.example/{a.host}{a.rest}",
    "the address in the query": lambda a: f"https://canary.example/?u={a.good}",
    "an endless query": lambda a: f"{a.good}&x={'1' * 100_000}",
    "an endless path": lambda a: f"https://{a.host}/{'a/' * 50_000}",
    "an endless host": lambda a: f"https://{'a.' * 50_000}{a.host}{a.rest}",
    "nothing": lambda _: "",
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
        f"address of {name}: {kind}": (addressed(api, spoilt(api)), 400)
        for name, api in APIS.items()
        for kind, spoilt in ADDRESSES.items()
    },
    **{f"event: {name}": pair for name, pair in REFUSED_EVENTS.items()},
}
