"""What AWS calls: one module for each Lambda.

    shipments      webhook ─▶ poll ─▶ consume;  release, dead_letters
    orders         pull ─▶ push;  align keeps reference data alike
    webhooks       register subscribes them, unregister removes them with the connection
    a person       inspect and control, and view and act for the dashboard;  replay, reconcile, check, digest

backfill answers what poll is asked by hand. plan_service sees to the plans of replay and of pull, plan_answers shows
them.
"""

from functions.wiring.garbage import look_seldom

look_seldom()
