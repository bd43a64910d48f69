"""From queued shipments to IFS records that agree with them. In the order in which one batch meets them:

    revert              first what a person takes back or writes over; revert_field, overwrite_field say which fields
    deliver ──────────▶ admission              what of the messages is in scope
    the batch           examine                case by case, for a delivery, a dry run or a pilot alike
                        ├─ lookup              IFS's records, the ledger's memory of them
                        ├─ place               which record each shipment belongs to
                        └─ proposal            what every record should say
                           ├─ desired          the values that the shipments give
                           └─ ownership        whose value stands there, and whether it may be written
                        record_write           one record, in a record_session
                        ├─ unfinished_write    what an earlier run left open; ended_write says what became of it
                        ├─ audit_trail         one entry a write
                        └─ state_action        at most once
                        order_outcome          with shipment_outcome: how it ended
                        next_attempt           when to look again, when to give up

Beside it: release (what is due comes back), recall (what a person asks for, and what a pause held back), watch (what
only waits for its delivery), dead_letters (what died comes back), outgrown (an order too large for the ledger),
circuit_breaker and schema_drift (nothing is sent that the tenant cannot take), earlier_version (what is stored in older
forms).
"""
