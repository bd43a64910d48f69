#!/bin/sh
# Finds a Python that is new enough and lets it fill .venv (install.py). PYTHON names the only one to try.
NEEDED="Python 3.11 or newer is needed"
cd "$(dirname "$0")/.." || exit 1

version() {
    "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null
}

is_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

for python in ${PYTHON:+"$PYTHON"} ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 .venv/bin/python}; do
    is_enough "$python" && exec "$python" -B .ci/install.py "$@"
done

asked=${PYTHON:-python3}
found=$(version "$asked") && echo "$NEEDED; $asked is $found. Name another: make PYTHON=/path/of/python3.12" >&2 && exit 1
echo "$NEEDED; $asked does not run. Install it, or name another: make PYTHON=/path/of/python3.12" >&2
exit 1
