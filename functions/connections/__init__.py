"""The connection file: everything of one connection that is not secret.

    file                     reads it; toml_text says why one cannot be read, certificates what is wrong with a PEM
    └─ connection            the whole of it
       ├─ vendors            where each vendor is, and how an order is named and found
       ├─ stores             which stores are ours, and what each has of its own; patience, how long an order waits
       ├─ targets            the IFS records that are written; carriers and their codes
       ├─ orders             what is pushed to ShipStation; customer_orders, where those are the source
       ├─ align              reference data that both systems keep
       └─ named_warehouses   which warehouse is which site, as both name it; warehouses, as it was found too
    explain                  says what is wrong: a sentence a mistake
       ├─ keys               every key and where it belongs; other_words what people call it
       ├─ faults             what is wrong with a value
       └─ right_values       what would be right
    remarks                  what a file may say and hardly means
    webhook_events           which events a connection wants to hear of
    values, addresses, zones, patterns  how a value is written

A wrong file never reaches a Lambda.
"""
