"""What the dashboard's editor shows of each function where somebody adds its widget: `describe: true`."""

from __future__ import annotations

VIEW = """\
## IFS ShipStation connector: look

Shows what waits and why, where an order is, how a connection stands. Changes nothing.

| parameter | is |
| --- | --- |
| **show** | `status`, `attention`, `order`, `plans`, `reconcile`, `desk`, `reading` or `tenant` |
| **connection** | the connection's name; `status` needs none |
| **view** | this function's ARN, so that buttons lead from page to page |
| **act** | the ARN of the function that changes; without it no button that changes is shown |
| **replay** | the ARN of the Replay function; without it no plan is offered |
| **reconcile** | the ARN of the Reconcile function; without it no comparison is begun or shown whole |

``` yaml
show: attention
connection: acme
view: arn:aws:lambda:…:function:…
```
"""

ACT = """\
## IFS ShipStation connector: change

Called by the buttons of the other widgets: release, dismiss, place, map, adopt, pause, resume. Alone it shows nothing.
Each change is in the audit, with the name and the reason that were typed and the id of the request.
"""
