"""All that is known of IFS Cloud. Of its two packages, targets is what is written and schema what is published.

client                   requests, under a token; faults says what an answer means, odata how one is asked
└─ service               lists of one projection, complete; batch asks for several together, values reads them
├─ plain_rows         what IFS says of many orders, for a comparison
├─ outbound           its shipments that are to be packed; contacts and addresses beside them
├─ customer_orders    its customer orders likewise; order_parts
├─ customers, sites   reference data; places, stock
└─ survey             what a check asks
"""
