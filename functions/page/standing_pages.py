"""How a connection stands: all of them in a line each, its reading, its tenant, what a person decided at the desk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from functions.flows.operations.key_standing import KeyStanding
from functions.flows.operations.standing import (
    Decided,
    DeskStanding,
    ReadingStanding,
    TenantStanding,
    WebhookStanding,
)
from functions.flows.operations.status import ConnectionStatus, StatusAnswer
from functions.model.desk import MapEntry, Pause, Recall
from functions.page.markup import Child, Html, tag, together
from functions.page.sheet import Sheet, at, field, left_out, soft, table, warn
from functions.page.story_page import mapping_form

ENTRIES = 100  # of one page


def status_page(answer: StatusAnswer, sheet: Sheet) -> Html:
    heads = ("connection", "mode", "is", "ask", "oldest", "wait", "behind", "ShipStation", "IFS", "rests", "parked")
    lines = [_line(each, sheet.of(each.connection)) for each in answer.connections]
    return together(tag("h2", "Connections"), table(heads, lines))


def _line(each: ConnectionStatus, sheet: Sheet) -> tuple[Any, ...]:
    own = {"show": "attention", "connection": each.connection}
    return (
        sheet.link(each.connection, own),
        each.mode,
        together(
            tag("span", "well", class_="ifss-good") if each.is_well else _wrong(each, sheet),
            [tag("div", soft(remark)) for remark in each.remarks],
        ),
        each.calls,
        f"{each.oldest_call_hours} h" if each.calls else "",
        each.waiting,
        f"{each.minutes_behind} min" if each.minutes_behind is not None else "",
        each.shipstation,
        each.ifs,
        ", ".join(each.paused),
        each.parked,
    )


def _wrong(each: ConnectionStatus, sheet: Sheet) -> Html:
    """Each leads to the page that tells more of it."""
    found = (
        sheet.link(trouble.told, {"show": trouble.look, "connection": each.connection}) for trouble in each.troubles
    )
    return together(warn("look"), [tag("div", link) for link in found])


def reading_page(answer: ReadingStanding, sheet: Sheet) -> Html:
    used = answer.requests_in_the_last_minute
    facts = {
        "last look (UTC)": at(answer.last_poll_at) or "never",
        "refuses the key since": at(answer.refused_since),
        "silent since": at(answer.silent_since),
        "is not read since": at(answer.late_since),
        "lacks": answer.not_configured,
        **_key("key", answer.key),
        "requests in the last minute": f"{'?' if used is None else used} of {answer.requests_per_minute}",
    }
    streams = ((n, s.minutes_behind, at(s.read_up_to), at(s.settled_up_to)) for n, s in answer.streams.items())
    jobs = ((job.job_id, _facts_of(job.model_dump(mode="json"))) for job in answer.jobs)
    return together(
        tag("h2", f"Reading ShipStation in {answer.connection}", soft(f" {answer.api}, {answer.mode}")),
        _facts(facts),
        table(("stream", "minutes behind", "read up to (UTC)", "read twice up to"), streams),
        table(("webhook for", "last (UTC)"), ((s, at(t)) for s, t in answer.last_webhook_at.items())),
        _registration(answer.registration) if answer.registration else None,
        table(("job", "has come"), jobs),
        table(("parked", "since (UTC)", "means", "detail", ""), _parked(answer, sheet)),
        left_out(answer.parked_not_shown, "parked subjects"),
    )


def _key(name: str, key: KeyStanding | None) -> dict[str, Child]:
    if key is None:
        return {}
    expiry = f"{key.expires_on}, in {key.days_left} days" if key.expires_on else None
    return {
        f"{name} expires": warn(key.trouble) if key.trouble else expiry,
        f"{name} in use": key.exchange or key.in_use,
        f"next {name} since (UTC)": at(key.next_since),
    }


def _registration(webhooks: WebhookStanding) -> Html | None:
    missing = ", ".join(webhooks.missing) or ("nobody may look" if webhooks.asks_for_a_person else "")
    return _facts(
        {
            "webhooks subscribed": ", ".join(webhooks.registered),
            "webhooks missing": warn(missing) if missing else None,
            "missing since (UTC)": at(webhooks.missing_since),
            "why": f"{webhooks.means} {webhooks.status or ''}".strip(),
            "previous token let in since (UTC)": _left(webhooks),
            "webhooks repaired (UTC)": at(webhooks.repaired_at),
            "webhooks looked at (UTC)": at(webhooks.checked_at),
        }
    )


def _left(webhooks: WebhookStanding) -> Child:
    since = at(webhooks.previous_since)
    return warn(since) if webhooks.previous_is_left else since


def _facts(facts: Mapping[str, Child]) -> Html | None:
    return table(("", ""), ((soft(name), value) for name, value in facts.items() if value))


def _facts_of(job: dict[str, Any]) -> str:
    return ", ".join(f"{name}: {value}" for name, value in job.items() if value not in (None, "", [], {}))


def _parked(answer: ReadingStanding, sheet: Sheet) -> Iterator[tuple[Child, ...]]:
    for each in answer.parked:
        ask = {"do": "dismiss", "subjects": [each.subject]}
        button = sheet.act("I have seen to it", ask, f"Nobody is asked for {each.subject} any more?")
        yield each.subject, at(each.at), together(each.reason, tag("br"), soft(each.means)), each.detail, button


def tenant_page(answer: TenantStanding, sheet: Sheet) -> Html:
    facts = {
        "answers": "yes" if answer.is_answering else f"no: {answer.means}",
        "since": at(answer.out_since),
        "is left alone until": at(answer.left_alone_until),
        "what it publishes": answer.published,
        "compared": at(answer.compared_at),
        **_key("secret", answer.key),
    }
    misfits = table(("does not fit",), ((each,) for each in answer.misfits))
    return together(tag("h2", f"IFS in {sheet.connection}"), _facts(facts), misfits)


def desk_page(answer: DeskStanding, sheet: Sheet) -> Html:
    return together(
        tag("h2", f"Desk of {answer.connection}"),
        _hearing(answer),
        tag("h3", "Rests"),
        table(("what", "since (UTC)", "until", "by", "why", ""), (_pause(e, answer, sheet) for e in answer.pauses))
        or tag("p", soft("Nothing.")),
        _pause_form(sheet),
        tag("h3", "Mapped beside the file"),
        table(("map", "ShipStation", "IFS", "by", "why", ""), (_entry(e, sheet) for e in answer.entries[:ENTRIES]))
        or tag("p", soft("Nothing.")),
        left_out(len(answer.entries) - ENTRIES, "entries"),
        [tag("p", warn(each)) for each in answer.conflicts],
        [mapping_form(sheet, name, name) for name in answer.maps],
        together(tag("p", soft("For the connection file:")), tag("pre", answer.toml)) if answer.toml else None,
        tag("h3", "Looked at again") if answer.recalls else None,
        table(("reasons", "since (UTC)", "by", "why", "lists left"), map(_recall, answer.recalls)),
        tag("h3", "Decided last") if answer.decisions else None,
        table(("at (UTC)", "what", "by", "why", "from", "to"), map(_decided, answer.decisions)),
    )


def _hearing(answer: DeskStanding) -> Child:
    if answer.listeners:
        return tag("p", soft(f"Subscriptions that hear the stack's alarms: {answer.listeners}."))
    return tag("p", warn(answer.unheard)) if answer.unheard else None


def _decided(decided: Decided) -> tuple[Any, ...]:
    names = ", ".join(decided.changes)
    before, after = (", ".join(each[side] or "nothing" for each in decided.changes.values()) for side in (0, 1))
    return at(decided.at), f"{decided.what} {names}", decided.by, decided.note, before, after


def _pause(pause: Pause, answer: DeskStanding, sheet: Sheet) -> tuple[Any, ...]:
    ask = {"do": "resume", "scope": pause.scope, "of": pause.of}
    name = warn(f"{pause.name} (forgotten?)") if pause.name in answer.forgotten else pause.name
    button = sheet.act("resume", ask, f"Write again for {pause.name}?")
    return name, at(pause.at), at(pause.until) or "it is resumed", pause.by, pause.note, button


def _pause_form(sheet: Sheet) -> Html | None:
    if not sheet.may("act"):
        return None
    whole = sheet.act("pause all", {"do": "pause", "scope": "connection"}, "Write nothing for the whole connection?")
    fields = field("pause.of", "store or site"), field("pause.until", "until (2026-11-27T08:00Z)")
    parts = [
        sheet.act(
            f"pause the {scope}", {"do": "pause", "scope": scope}, f"Write nothing for this {scope}?", form="pause"
        )
        for scope in ("store", "site")
    ]
    return tag("p", whole, fields, parts)


def _entry(entry: MapEntry, sheet: Sheet) -> tuple[Any, ...]:
    ask = {"do": "unmap", "table": entry.table, "code": entry.code}
    button = sheet.act("take it out", ask, f"Take {entry.code} out of {entry.table}?")
    return entry.table, entry.code, entry.value, entry.by, entry.note, button


def _recall(recall: Recall) -> tuple[Any, ...]:
    return ", ".join(recall.reasons) or "everything", at(recall.at), recall.by, recall.note, len(recall.left)
