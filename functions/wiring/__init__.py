"""Builds what the handlers call, from the runtime.

runtime                  what a Lambda gets from the world; aws is that world, garbage how memory is kept
├─ shipstation_account   a client, with its credentials and signatures; ifs_tenant likewise
├─ poll_parts            what reads ShipStation
├─ delivery_parts        what writes IFS
├─ push_parts            what writes ShipStation
├─ align_parts           reference data
├─ pauses                what a person paused of the two
├─ webhook_parts         what subscribes our webhooks; custom_resource answers CloudFormation
├─ reconcile_parts       what compares both systems; reconcile_runs carries it on, piece by piece
├─ key_expiries          writes down until when keys are taken
├─ inspect_parts         what shows a person what stands in the ledger
└─ check_parts           what checks both systems
requests, once           a person's request: what is wrong with it, and that it begins once
batch, telemetry         a queue's messages; log lines and metrics
"""
