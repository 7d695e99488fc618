#!/usr/bin/env python3
"""
What Azure's own command line takes: writes test/data/azure.json, for each command of the documentation its options, which of them it
wants, and which values it allows. Needs `az` in the PATH (`pip install azure-cli`), and signs in nowhere.
"""
import json
import pathlib
import re
import subprocess

COMMANDS = [
    "login", "ad app create", "ad app update", "ad app credential reset", "ad app federated-credential create",
    "ad app permission add", "ad app permission admin-consent", "ad sp create", "aks show", "cloud set",
]
HERE = pathlib.Path(__file__).resolve().parent
OPTION = re.compile(r"^    (?P<names>-\S+(?: -\S+)*)(?P<words>(?: +\[[^\]]+\])*) *:(?P<text>.*(?:\n {8,}.*)*)", re.M)


def az(*args: str) -> str:
    return subprocess.run(["az", *args], check=True, capture_output=True, text=True).stdout


def options(command: str) -> dict:
    found = {}
    for option in OPTION.finditer(az(*command.split(), "--help")):
        text = " ".join(option["text"].split())
        allowed = re.search(r"Allowed values: ([^.]*)\.", text)
        row = {}
        if "[Required]" in option["words"]:
            row["required"] = True
        if allowed:
            row["values"] = allowed[1].split(", ")
        for name in option["names"].split():
            found[name] = row
    return dict(sorted(found.items()))


written = {
    "azure-cli": json.loads(az("version"))["azure-cli"],
    "commands": {command: options(command) for command in COMMANDS},
}
(HERE.parent / "test/data/azure.json").write_text(json.dumps(written, indent=1) + "\n")
