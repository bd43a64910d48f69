"""How the page looks: names of its own, in the dashboard's theme, else in the browser's."""

from __future__ import annotations

LIGHT = "--ink:#16191f;--soft:#545b64;--line:#d5dbdb;--back:#fff;--warn:#b0440a;--good:#1d7a2f;--field:#fff"
DARK = "--ink:#e9ebed;--soft:#a7b1bb;--line:#414d5c;--back:#0f1b2a;--warn:#ffad5c;--good:#6fd184;--field:#16202e"

CSS = (
    f".ifss{{{LIGHT};color:var(--ink);background:var(--back);font:13px/1.45 system-ui,sans-serif;padding:8px}}"
    f".ifss-dark{{{DARK}}}"
    f"@media (prefers-color-scheme:dark){{.ifss-auto{{{DARK}}}}}"
    ".ifss table{border-collapse:collapse;width:100%;margin:4px 0 12px}"
    ".ifss th,.ifss td{text-align:left;vertical-align:top;padding:3px 8px 3px 0;border-bottom:1px solid var(--line);"
    "color:var(--ink);background:none;overflow-wrap:anywhere}"
    ".ifss th{color:var(--soft);font-weight:600;white-space:nowrap}"
    ".ifss h2{font-size:15px;margin:12px 0 4px;color:var(--ink)}"
    ".ifss h3{font-size:13px;margin:10px 0 2px;color:var(--ink)}"
    ".ifss p{margin:2px 0 6px}"
    ".ifss pre{white-space:pre-wrap;margin:4px 0;color:var(--ink);background:none}"
    ".ifss input{color:var(--ink);background:var(--field);border:1px solid var(--line);border-radius:3px;"
    "padding:3px 6px;margin:2px 8px 2px 4px;width:150px}"
    ".ifss label{white-space:nowrap;color:var(--soft)}"
    ".ifss a.btn{display:inline-block;cursor:pointer;color:var(--ink);background:none;border:1px solid var(--soft);"
    "border-radius:3px;padding:1px 8px;margin:2px 6px 2px 0;font-size:13px;text-decoration:none;white-space:nowrap}"
    ".ifss a.btn-primary{color:var(--back);background:var(--ink)}"
    ".ifss a.ifss-link{border:none;padding:0;margin:0;text-decoration:underline;white-space:normal}"
    ".ifss-code,.ifss .ifss-code a.ifss-link{white-space:nowrap}"
    ".ifss-soft{color:var(--soft)}.ifss-warn{color:var(--warn);font-weight:600}.ifss-good{color:var(--good)}"
    ".ifss cwdb-action{display:none}"
)
