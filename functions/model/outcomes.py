"""How an attempt can end, and the sentence an operator reads for each reason."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    WRITTEN = "written"
    UNCHANGED = "unchanged"
    WOULD_WRITE = "would_write"
    KEPT = "kept"
    SKIPPED = "skipped"
    WAITING = "waiting"
    RETRY = "retry"
    PARKED = "parked"


class Reason(StrEnum):
    """Stable codes: logs, metrics, audit entries and replay selections name them."""

    # skipped
    BEFORE_GO_LIVE = "before_go_live"
    NO_ORDER_REFERENCE = "no_order_reference"
    RETURN_LABEL = "return_label"
    MODE_OFF = "mode_off"
    STORE_EXCLUDED = "store_excluded"
    STORE_UNKNOWN = "store_unknown"
    BASELINE = "baseline"
    WITHDRAWN = "withdrawn"
    MARKETPLACE_ALIAS = "marketplace_alias"
    # written, unchanged or kept, with something a person may want to see
    CARRIER_UNMAPPED = "carrier_unmapped"
    SERVICE_UNMAPPED = "service_unmapped"
    TRACKING_DID_NOT_FIT = "tracking_did_not_fit"
    COST_UNKNOWN = "cost_unknown"
    TYPED_BY_A_PERSON = "typed_by_a_person"
    VOIDED = "voided"
    NOT_EMPTY = "not_empty"
    REVERTED = "reverted"
    REWRITTEN_SINCE = "rewritten_since"
    CHANGED_IN_WAREHOUSE = "changed_in_warehouse"
    ORDER_IMMUTABLE = "order_immutable"
    DIFFERS = "differs"
    EDITED_ELSEWHERE = "edited_elsewhere"
    # waiting
    NOTHING_TO_PACK = "nothing_to_pack"
    HELD_IN_IFS = "held_in_ifs"
    NOT_IN_IFS_YET = "not_in_ifs_yet"
    NOT_DELIVERED_YET = "not_delivered_yet"
    PAUSED = "paused"
    # retry
    IFS_UNAVAILABLE = "ifs_unavailable"
    IFS_CREDENTIALS = "ifs_credentials"
    IFS_NOT_CONFIGURED = "ifs_not_configured"
    RECORDS_VANISHED = "records_vanished"
    TARGET_CHANGED = "target_changed"
    RECORD_LOCKED = "record_locked"
    RECORD_SHARED = "record_shared"
    CONFLICTS = "conflicts"
    OUTCOME_UNKNOWN = "outcome_unknown"
    OUT_OF_TIME = "out_of_time"
    SHIPSTATION_UNAVAILABLE = "shipstation_unavailable"
    BUDGET_EXHAUSTED = "budget_exhausted"
    SHIPSTATION_CREDENTIALS = "shipstation_credentials"
    SHIPSTATION_NOT_CONFIGURED = "shipstation_not_configured"
    SHIPSTATION_REQUEST = "shipstation_request"
    SIGNING_KEYS_UNAVAILABLE = "signing_keys_unavailable"
    WEBHOOKS_NOT_SHOWN = "webhooks_not_shown"
    SECRETS_UNAVAILABLE = "secrets_unavailable"
    LEDGER_UNAVAILABLE = "ledger_unavailable"
    QUEUE_UNAVAILABLE = "queue_unavailable"
    # parked
    FIELD_UNUSABLE = "field_unusable"
    LINES_VANISHED = "lines_vanished"
    LINE_ELSEWHERE = "line_elsewhere"
    REFUSED_BY_SHIPSTATION = "refused_by_shipstation"
    AMBIGUOUS_MATCH = "ambiguous_match"
    ONLY_IN_IFS = "only_in_ifs"
    ONLY_IN_SHIPSTATION = "only_in_shipstation"
    GONE_IN_IFS = "gone_in_ifs"
    GONE_IN_SHIPSTATION = "gone_in_shipstation"
    NEVER_FOUND = "never_found"
    NEVER_DELIVERED = "never_delivered"
    LOCKED_TOO_LONG = "locked_too_long"
    NEVER_ANSWERED = "never_answered"
    AMBIGUOUS_TARGET = "ambiguous_target"
    SHARED_TARGET = "shared_target"
    WRONG_COMPANY = "wrong_company"
    REFUSED_BY_IFS = "refused_by_ifs"
    UNKNOWN_IN_IFS = "unknown_in_ifs"
    VALUE_REFUSED = "value_refused"
    ROW_EXISTS = "row_exists"
    NOT_STORED = "not_stored"
    IFS_PERMISSION = "ifs_permission"
    IFS_CONFIGURATION = "ifs_configuration"
    UNREADABLE_ROW = "unreadable_row"
    GAP = "gap"
    ORDER_UNREADABLE = "order_unreadable"
    NUMBERS_DIFFER = "numbers_differ"
    JOB_GIVEN_UP = "job_given_up"
    COMBINED_UNKNOWN = "combined_unknown"
    SHIPPED_WITHOUT_SHIPMENT = "shipped_without_shipment"
    PLAN_OUTDATED = "plan_outdated"
    ORDER_TOO_LARGE = "order_too_large"
    LEDGER_VERSION = "ledger_version"
    LEDGER_ITEM = "ledger_item"
    LEDGER_REFUSED = "ledger_refused"
    DEAD_LETTER = "dead_letter"
    UNREADABLE_MESSAGE = "unreadable_message"

    @classmethod
    def _missing_(cls, value: object) -> Reason | None:
        """The codes that earlier versions stored."""
        return cls.GAP if value == "poison_row" else None


SENTENCES: dict[Reason, str] = {
    Reason.BEFORE_GO_LIVE: "The label is older than the connection's go_live_at; nothing is written for it.",
    Reason.NO_ORDER_REFERENCE: "No IFS order number could be read from the ShipStation order.",
    Reason.RETURN_LABEL: "A return label is not a delivery; nothing is written for it.",
    Reason.MODE_OFF: "The connection's mode is off.",
    Reason.STORE_EXCLUDED: "The connection file leaves this store out; nothing is written for it.",
    Reason.STORE_UNKNOWN: "The order is gone from ShipStation, so that its store is unknown, and the connection file names stores.",
    Reason.BASELINE: "A baseline recorded this shipment; nothing is written for it.",
    Reason.WITHDRAWN: "The ShipStation order's reference was corrected: this shipment belongs to another IFS order now.",
    Reason.MARKETPLACE_ALIAS: "The customer's e-mail address is a marketplace's, which changes with every order; no customer is made for it.",
    Reason.CARRIER_UNMAPPED: "The carrier has no entry under [carriers]; tracking and date are written. A forwarder that we wrote is taken back as after a void, a person's stays.",
    Reason.SERVICE_UNMAPPED: "The service has no entry under [services]. A ship-via code that we wrote is taken back as after a void, a person's stays.",
    Reason.TRACKING_DID_NOT_FIT: "Not every tracking number fits into the IFS field; all of them are in the ledger.",
    Reason.COST_UNKNOWN: "ShipStation tells no cost for a label, or one in another currency; what is written is the sum of the others.",
    Reason.TYPED_BY_A_PERSON: "A person typed another value into IFS; it was kept.",
    Reason.VOIDED: "The label was voided and no other parcel replaces it; the field was left for a person to judge.",
    Reason.NOT_EMPTY: "The field is not empty, and its policy writes only empty fields.",
    Reason.REVERTED: "A person took back what a plan had written here; it stays until a new label comes or a replay writes it.",
    Reason.REWRITTEN_SINCE: "The plan did not write this, or it was written again since for another cause; a revert leaves it.",
    Reason.CHANGED_IN_WAREHOUSE: "IFS and the warehouse both changed this field of a pushed order; the warehouse's value was kept.",
    Reason.ORDER_IMMUTABLE: "The ShipStation order is shipped, cancelled, split, combined or gone, and IFS asks for something else of which nobody can tell whether it is to be packed; a person has to see to it.",
    Reason.DIFFERS: "IFS and ShipStation say different things of this field, and the connection file asks a person; correct one of the two.",
    Reason.EDITED_ELSEWHERE: "This field was edited in the system that does not win; the edit is kept. Correct one of the two.",
    Reason.NOTHING_TO_PACK: "The IFS shipment or order has no line to pack; it is read again.",
    Reason.HELD_IN_IFS: "The IFS order is blocked, or back in planning, and not an order of ShipStation; or it is one that could not be held.",
    Reason.NOT_IN_IFS_YET: "IFS has no shipment for this order yet; it is looked for again.",
    Reason.NOT_DELIVERED_YET: "IFS has not delivered the shipment yet and would overwrite the ship date; it is written afterwards.",
    Reason.PAUSED: "A person paused the connection, this store or this site; what was read waits, and goes on when it is resumed.",
    Reason.IFS_UNAVAILABLE: "IFS did not answer or answered with a passing fault; the attempt is repeated.",
    Reason.IFS_CREDENTIALS: "IFS refuses the client id, the secret or the token; replace the secret, and what waits goes on by itself.",
    Reason.IFS_NOT_CONFIGURED: "The connection's IFS secret is not filled; put client_id and client_secret into it. IFS is not called before, and what waits then goes on by itself.",
    Reason.RECORDS_VANISHED: "IFS shows none of the records that it showed before: a site or a company is hidden from the service user, or another tenant answers.",
    Reason.RECORD_LOCKED: "A user holds the IFS record locked; the attempt is repeated.",
    Reason.RECORD_SHARED: "Another order is being written to the same IFS record; the attempt is repeated.",
    Reason.CONFLICTS: "The IFS record changed under every attempt; the attempt is repeated.",
    Reason.OUTCOME_UNKNOWN: "The answer to a write was lost, or our own record of it; whether the change was made is asked again before anything is repeated.",
    Reason.OUT_OF_TIME: "The run ended before its turn, or before it was answered; the attempt is repeated.",
    Reason.SHIPSTATION_UNAVAILABLE: "ShipStation did not answer or answered with a passing fault; the reading is repeated.",
    Reason.BUDGET_EXHAUSTED: "ShipStation's request limit is used up for now; the reading is repeated.",
    Reason.SIGNING_KEYS_UNAVAILABLE: "The keys that ShipStation signs its webhooks with could not be fetched; a signed webhook is answered 503, and the poll reads what it announced.",
    Reason.WEBHOOKS_NOT_SHOWN: "ShipStation took a webhook three times and does not list it as serving; one more is made a day.",
    Reason.SECRETS_UNAVAILABLE: "Secrets Manager did not hand out a secret; the attempt is repeated.",
    Reason.LEDGER_UNAVAILABLE: "DynamoDB did not answer; the attempt is repeated.",
    Reason.QUEUE_UNAVAILABLE: "SQS did not take a message; the attempt is repeated.",
    Reason.LINES_VANISHED: "IFS does not show a line of the order that it showed before: its site is hidden from the service user, or it was deleted; what was pushed stays as it is for now.",
    Reason.LINE_ELSEWHERE: "A line of this part still stands in the ShipStation order of another part; it is not packed twice. One that has shipped, was split or is gone needs a person.",
    Reason.FIELD_UNUSABLE: "A field of the IFS record cannot become one of ShipStation's; the ledger names it.",
    Reason.REFUSED_BY_SHIPSTATION: "ShipStation refuses this order or record.",
    Reason.AMBIGUOUS_MATCH: "Several ShipStation records fit this record of IFS, or it fits several of IFS; link it in the connection file.",
    Reason.ONLY_IN_IFS: "Only IFS has this record, and the connection file makes none in ShipStation; make it by hand, or set creates.",
    Reason.ONLY_IN_SHIPSTATION: "Only ShipStation has this record; nothing is made in IFS.",
    Reason.GONE_IN_IFS: "IFS no longer shows this record; ShipStation's stays as it is.",
    Reason.GONE_IN_SHIPSTATION: "ShipStation no longer shows the record of this one; it is not made again. Make it by hand under the same name, or link another in the connection file; where the file or a person names it, correct that.",
    Reason.NEVER_FOUND: "IFS still has no shipment for this order after the configured patience.",
    Reason.NEVER_DELIVERED: "IFS has not delivered the shipment within the configured patience; the ship date is not written.",
    Reason.LOCKED_TOO_LONG: "The IFS record has been locked for longer than the configured patience; find out by whom, then replay.",
    Reason.NEVER_ANSWERED: "A state action was called, its answer was lost, and the record has not moved for hours; it is never called twice: look at the record, and call it by hand if it is due.",
    Reason.AMBIGUOUS_TARGET: "Several IFS shipments fit this label; a person has to say which one.",
    Reason.SHARED_TARGET: "The IFS shipment also carries lines of another order; a person has to decide.",
    Reason.WRONG_COMPANY: "The IFS record belongs to another company or site than the connection file names.",
    Reason.UNKNOWN_IN_IFS: "IFS does not know the forwarder or ship-via code that the map names; correct the map or add it in IFS.",
    Reason.VALUE_REFUSED: "IFS refused the value by its format or length, or wants a field that is not written; check the field's type and max_length.",
    Reason.TARGET_CHANGED: "What IFS publishes of the target no longer fits the connection file; writing is paused until it does.",
    Reason.REFUSED_BY_IFS: "IFS refused the change by a business rule.",
    Reason.ROW_EXISTS: "IFS refuses a second row for this shipment, which was packed for several orders; make the entity's key shipment and order.",
    Reason.NOT_STORED: "IFS accepted the change and did not store it: the attribute is not updatable; check the field mapping.",
    Reason.IFS_PERMISSION: "The IFS service user lacks a permission set for the projection.",
    Reason.IFS_CONFIGURATION: "IFS does not know the projection, entity set or attribute that the connection file names.",
    Reason.SHIPSTATION_CREDENTIALS: "ShipStation refused the API key; replace the secret.",
    Reason.SHIPSTATION_NOT_CONFIGURED: "The connection's ShipStation secret is not filled; put api_key and api_secret into it. ShipStation is not called before.",
    Reason.SHIPSTATION_REQUEST: "ShipStation refused the request.",
    Reason.UNREADABLE_ROW: "A ShipStation row lacks a required field.",
    Reason.GAP: "ShipStation cannot show a row and answers 500 for every page that holds it; it was stepped over.",
    Reason.ORDER_UNREADABLE: "ShipStation does not show this one order, and without it nobody can say where its shipments belong.",
    Reason.NUMBERS_DIFFER: "A shipment shows another order number than its ShipStation order does; a person has to say which is right.",
    Reason.JOB_GIVEN_UP: "Reading a window of the past ended before its end: ShipStation refused it, or failed for a day.",
    Reason.COMBINED_UNKNOWN: "The label also covers an order that was combined into this one before it was ever read; its IFS order is unknown.",
    Reason.SHIPPED_WITHOUT_SHIPMENT: "ShipStation says the order is shipped and holds neither a label nor a fulfilment for it.",
    Reason.PLAN_OUTDATED: "What would be written changed since the plan was made; make a new plan.",
    Reason.ORDER_TOO_LARGE: "The order, or its IFS record, holds more shipments than one ledger item can carry.",
    Reason.LEDGER_ITEM: "A ledger item cannot be read; somebody changed it by hand, or it is damaged.",
    Reason.LEDGER_VERSION: "A newer version of the connector wrote this ledger item; deploy that version.",
    Reason.LEDGER_REFUSED: "DynamoDB refuses a ledger item: it would be over 400 KB, or is malformed; report it.",
    Reason.DEAD_LETTER: "A shipment could not be worked on in any of its attempts, although it was sent again several times; its message is kept here.",
    Reason.UNREADABLE_MESSAGE: "A queue message could not be read; it was not one of the connector's own, or a newer version sent it.",
}
