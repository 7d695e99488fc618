#!/usr/bin/env python3
"""Extracts what the simulated tenant must know of Microsoft Graph into dev/tenant/contract.json.

usage: scripts/graph-contract.py FOLDER

FOLDER holds v1.0-{Prod,Fairfax,Mooncake}.csdl.xz (microsoftgraph/msgraph-metadata) and permissions.json.xz
(microsoftgraph/microsoft-graph-devx-content).
"""
import json
import lzma
import sys
import xml.etree.ElementTree as ET

EDM = "{http://docs.oasis-open.org/odata/ns/edm}"
CLOUDS = {"Global": "Prod", "USGovernment": "Fairfax", "China": "Mooncake"}
ENTITIES = {"users": "user", "groups": "group", "contacts": "orgContact", "organization": "organization"}


def properties(root, name):
    """Declared properties of an entity and of everything it derives from."""
    for entity in root.iter(f"{EDM}EntityType"):
        if entity.get("Name") == name:
            own = [p.get("Name") for p in entity.findall(f"{EDM}Property")]
            base = entity.get("BaseType")
            return own + (properties(root, base.split(".")[-1]) if base else [])
    raise SystemExit(f"no entity {name}")


def roles(permissions, path):
    """Application permissions that allow GET on a path."""
    found = []
    for name, permission in permissions["permissions"].items():
        for path_set in permission["pathSets"]:
            if "Application" in path_set["schemeKeys"] and "GET" in path_set["methods"] and path in path_set["paths"]:
                found.append(name)
    return sorted(set(found))


def main(folder):
    contract = {"properties": {}, "roles": {}}
    for cloud, file in CLOUDS.items():
        root = ET.fromstring(lzma.open(f"{folder}/v1.0-{file}.csdl.xz").read())
        contract["properties"][cloud] = {p: sorted(set(properties(root, e))) for p, e in ENTITIES.items()}
    permissions = json.loads(lzma.open(f"{folder}/permissions.json.xz").read())
    for path in ENTITIES:
        contract["roles"][path] = roles(permissions, f"/{path}")
    with open("dev/tenant/contract.json", "w") as out:
        json.dump(contract, out, indent=1)
        out.write("\n")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(sys.argv[1])
