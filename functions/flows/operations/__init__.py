"""What a person asks for, above the flows of both directions.

inspect     attention            what waits, was kept or is parked, by reason
            search ─▶ story      one order by any of its numbers; stories is the answer
            pushed_story         what was made of it in ShipStation, before it has a label
            standing, status     how a connection stands; one line for each
            key_standing         whether a key has to be replaced soon
            troubles             what keeps it from being well
            digest               the message of a day
            key_alarm            on which days a key that ends wakes somebody
            plan_list, reconcile_standing   how plans and the latest comparison stand; reconcile_answer as it is told
control     control_tools        what every change works with
            ├─ desk_changes      pauses, map entries, what is looked at again
            │  └─ maps           what may be mapped, and what of it the file says
            └─ order_changes     single orders
all         named_orders         orders that are named, each read for itself
replay      selection            which orders, of those that a person may ask for
            ├─ replay            the dry run, piece by piece
            ├─ carry_out         the plan on its way, its progress
            ├─ revert            an applied plan taken back
            ├─ overwrite         what is kept for a person written over
            └─ planner           all of it, for whoever works on a plan
reconcile   reconcile_reading    what ShipStation says, and what IFS says
            ├─ reconcile_home    which record a parcel belongs on
            ├─ reconcile_compare, reconcile_values where they differ
            ├─ reconcile_beside, reconcile_whose   what else stands there; whose value it is
            ├─ reconcile_cases, reconcile_ledger   what is explained, and by what the ledger knows
            ├─ reconcile_explain what the ledger knows of it
            └─ reconcile_text    as a person reads it
backfill                         a window of the past
pull        push_preview         what the next look would send to ShipStation
            push_plan            that as a plan, applied as it was shown
register    webhook_registration which webhooks the account lacks, and which are over
            webhook_carry_out    makes what is missing first, removes what is over last
"""
