"""The vocabulary that all packages share: values only, no behaviour that touches the world.

    shipment                 what ShipStation says, without names or addresses
    ├─ facts                 what is remembered of a ShipStation order
    ├─ messages              what travels through the queues; notification, which the webhook loads, stands alone
    └─ state                 what is remembered of an IFS order
       ├─ outcomes           how an attempt can end, and why
       ├─ records            IFS records as they are read; same_value whether two readings mean the same
       ├─ record_memory      what we did to one, and for whom
       ├─ audit              what is kept of each write
       ├─ selection          which orders a person asks for, replay_request what he wants of them
       ├─ plans              what a dry run showed
       ├─ attention          what a list of what waits says of each
       ├─ dismissal          what a person has seen to
       └─ earlier            what older versions knew
    watch                    what only waits for a delivery, and when a tenant delivers
    cursors, jobs            how far ShipStation is read; windows of the past, backfill what a person asks of them
    behind                   how long ago each stream was read to its end
    desk                     what a person decided beside the file: pauses, map entries, what is looked at again
    inspection, control      what a person asks, and decides; advice says what he can do, signed who asks and why,
                             instants which instants a request may name
    budget, tenant           what an API key, and an IFS tenant, can take now
    consignment, outbound    what IFS wants packed, and what its ShipStation order should say
    pushed_order, waves      what we made of it, and how it stands; what is in no parcel yet
    webhook_signature        what a webhook's signature says; webhook_token where its token stands
    webhook_address          where a connection's webhooks come in; registration how its subscriptions stand
    alignment                reference data: a record on both sides, and what is remembered of the two
    text, amounts            how text is cleaned, and numbers are read and spelt; clocks how far two may differ
    answer, replay_answer    what a person is told: what is wrong, and how a plan stands
    pull_request, align_request, align_answer, register_request, register_answer, reading_answer
                             what is asked of, and told of, orders to ShipStation, reference data, webhooks, reading
    reconciled               what a comparison of both systems reads and finds; reconcile_request what it is asked
    parked, dead_letters     what needs a person and is no order; what died and came back
    key_expiry               until when a vendor takes a key
    fit, sample              what the check before the first write says, and looks at

`frozen` is the base of them all but `notification`, `webhook_signature`, `webhook_token` and `connection_name`, which
load no pydantic.
"""
