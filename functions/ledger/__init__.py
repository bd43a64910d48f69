"""What AWS keeps for us: two tables, queues, secrets, reports. One module for each kind of item.

    table                    the seam to DynamoDB; faults translates what AWS raises
    └─ items                 values as items, and back; compact says a place once
       ├─ orders             an order, the due list, what waits for its delivery
       ├─ records            an IFS record
       ├─ audit              what was written
       ├─ pushes             what goes from IFS to ShipStation
       ├─ alignment          a record of reference data
       ├─ plans, requests    what a dry run showed; what a person asked for and is under way
       │  earlier_plans      plans as earlier versions stored them
       ├─ facts, positions   what was read of ShipStation, and how far
       ├─ jobs, budget       windows of the past; the requests of a key
       ├─ desks              what a person decided beside the file
       ├─ tenants            whether an IFS tenant answers, and when it delivers
       ├─ digests            of which day was told
       ├─ registrations      how the webhooks stand that we subscribe
       ├─ key_expiries       until when keys are taken
       ├─ parked, returns    what needs a person; what died and came back
       ├─ reconciles         how a comparison of both systems stands
       └─ shared             what an earlier version kept
    queues, secrets          the other services; topics whom the alarms tell, reports what comparisons found, costs
                             what AWS counted

Nothing else touches AWS while orders are delivered.
"""
