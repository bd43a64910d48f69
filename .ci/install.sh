#!/bin/sh
# Finds a Python that is new enough and lets it fill .venv (install.py). PYTHON names the only one to try.
NEEDED="Python 3.11 or newer is needed"
cd "$(dirname "$0")/.." || exit 1

says() {
    "$1" -c "import sys; print($2)" 2>/dev/null
}

# By what it prints: a program that is no Python may end with status 0 too.
is_enough() {
    [ "$(says "$1" "sys.version_info >= (3, 11)")" = True ]
}

for python in ${PYTHON:+"$PYTHON"} ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 .venv/bin/python}; do
    is_enough "$python" && exec "$python" -B .ci/install.py "$@"
done

asked=${PYTHON:-python3}
found=$(says "$asked" "'%d.%d' % sys.version_info[:2]")
case $found in
[23].*[0-9]) echo "$NEEDED; $asked is $found. Name another: make PYTHON=/path/of/python3.12" >&2 ;;
*) echo "$NEEDED; $asked does not run as Python. Install it, or name another: make PYTHON=/path/of/python3.12" >&2 ;;
esac
exit 1
