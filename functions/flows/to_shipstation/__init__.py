"""What is written to ShipStation.

push            a message of orders, from the first reading to what came of each
├─ look         how each stands; merge decides field by field, wave what is left of goods
├─ lost_order   what the audit knows of one that the ledger has lost
└─ standing     whether a change that was taken stands there
plan            what a person was shown of it, and whether it still is that
step            one order on its way through them
"""
