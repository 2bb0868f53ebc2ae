#!/usr/bin/env python3
"""Validates recorded traffic between the client and the sandbox against Atlassian's own OpenAPI documents.

Usage: check.py TRAFFIC SPECS, two folders: TRAFFIC holds one *.jsonl file for each sandbox that recorded,
SPECS the documents. A request must satisfy them without exception. An answer must, but for what
allowed.tsv lists: places where the documents are known to be wrong, each with its reason.
"""

import collections
import json
import re
import sys
import urllib.parse
from pathlib import Path

from jsonschema_path import SchemaPath
from openapi_core import V30RequestValidator, V30ResponseValidator
from openapi_core.testing import MockRequest, MockResponse
from werkzeug.datastructures import ImmutableMultiDict

HOST = "http://site"

# Where a request's path leads: which document describes it, and what of the path stands in it.
SURFACES = [
    (re.compile(r"^(?:/ex/confluence/[^/]+)?/wiki/api/v2(?=/)"), "confluence-cloud-v2.json", ""),
    (re.compile(r"^(?:/ex/confluence/[^/]+)?/wiki/rest(?=/)"), "confluence-cloud-v1.json", "/wiki/rest"),
    (re.compile(r"^/confluence/rest(?=/)"), "confluence-dc-10.2.14.json", "/rest"),
    (re.compile(r"^/jira/rest(?=/)"), "jira-dc-11.3.json", ""),
    (re.compile(r"^(?:/ex/jira/[^/]+)?/rest/api/3(?=/)"), "jira-cloud-v3.json", "/rest/api/3"),
]


class Surface:
    """One document, ready to judge."""

    def __init__(self, path):
        document = json.loads(path.read_text())
        repair(path.name, document)
        document["servers"] = [{"url": HOST}]
        for operations in document["paths"].values():
            for operation in operations.values():
                if isinstance(operation, dict):
                    # Who may ask is the sandbox's matter.
                    operation.pop("security", None)
                    operation.pop("servers", None)
        spec = SchemaPath.from_dict(document)
        self.requests = V30RequestValidator(spec)
        self.answers = V30ResponseValidator(spec)


def repair(name, document):
    """Undoes what is wrong in the documents by their own words or the words of others, for requests too."""
    if name == "confluence-cloud-v2.json":
        # Ids of attachments are `att…`, as every other operation on them says.
        for parameter in document["paths"]["/attachments/{id}"]["delete"]["parameters"]:
            if parameter["name"] == "id":
                parameter["schema"] = {"type": "string"}
    if name.startswith("confluence-dc-"):
        for path, operations in document["paths"].items():
            if "/child/attachment" in path and "post" in operations:
                # A form, whose parts are text, whatever they stand for.
                for content in operations["post"].get("requestBody", {}).get("content", {}).values():
                    content["schema"] = {}
    if not name.startswith("jira-"):
        return
    open_parts = [document]
    while open_parts:
        part = open_parts.pop()
        if isinstance(part, list):
            open_parts.extend(part)
        elif isinstance(part, dict):
            open_parts.extend(part.values())
            # Jira takes and gives the zone without a colon, +0000, in the documents' examples too.
            if part.get("format") == "date-time":
                del part["format"]
            # Java's Object is any value, not a JSON object.
            if name == "jira-dc-11.3.json" and part.get("type") == "object" and not set(part) - {"type", "example", "xml"}:
                del part["type"]
            # What must be there and may not be there.
            if part.get("additionalProperties") is False and isinstance(part.get("required"), list):
                part["required"] = [one for one in part["required"] if one in part.get("properties", {})]
    for path, operations in document["paths"].items():
        if path.endswith("/issue/{issueIdOrKey}/assignee"):
            nobody(document, operations["put"]["requestBody"])
        if path.endswith("/issue/{issueIdOrKey}/attachments"):
            # A form with files, described as an array or a string, which no form is.
            for content in operations["post"]["requestBody"]["content"].values():
                content["schema"] = {}


def nobody(document, body):
    """Both documents say in words that null takes the assignee away."""
    for content in body["content"].values():
        schema = content["schema"]
        if "$ref" in schema:
            schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
        for name in ("accountId", "name"):
            if name in schema["properties"]:
                schema["properties"][name]["nullable"] = True


def main(traffic, specs):
    allowed = read_allowed(Path(__file__).with_name("allowed.tsv"))
    surfaces, used = {}, set()
    judged, violations = collections.Counter(), {}
    for exchange in exchanges(traffic):
        name, rest = placed(exchange["path"])
        if name is None:
            continue
        surface = surfaces.get(name) or surfaces.setdefault(name, Surface(specs / name))
        judged[name] += 1
        request, response = as_mocks(exchange, rest)
        for side, errors in (
            ("request", surface.requests.iter_errors(request)),
            ("answer", surface.answers.iter_errors(request, response)),
        ):
            for text in said(errors):
                entry = (name, side, request.method.upper(), rest, text)
                rule = next((rule for rule in allowed if rule.allows(entry)), None)
                if rule:
                    used.add(rule)
                else:
                    violations.setdefault((name, side, request.method, shape(rest), text), exchange["path"])
    for name, count in sorted(judged.items()):
        print(f"{name}: {count} different exchanges")
    for (name, side, method, _, text), path in sorted(violations.items()):
        print(f"{name}: {side} {method.upper()} {path}: {text}")
    for rule in allowed:
        if rule not in used and judged[rule.document]:
            print(f"note: never met: {rule}")
    if not judged:
        sys.exit("no traffic was recorded")
    if violations:
        sys.exit(f"{len(violations)} violations")


class Rule(collections.namedtuple("Rule", "document side method path text reason")):
    """A known error of a document."""

    def allows(self, entry):
        document, side, method, path, text = entry
        return (
            self.document == document
            and self.side == side
            and self.method in ("*", method)
            and re.search(self.path, path)
            and re.search(self.text, text)
        )


def read_allowed(path):
    lines = path.read_text().splitlines()[1:]
    rules = [Rule(*line.split("\t")) for line in lines if line]
    if any(rule.side == "request" for rule in rules):
        sys.exit("allowed.tsv: requests have no exceptions")
    return rules


def exchanges(folder):
    seen = set()
    for file in sorted(folder.glob("*.jsonl")):
        for line in file.read_text().splitlines():
            if line not in seen:
                seen.add(line)
                yield json.loads(line)


def placed(path):
    for pattern, name, prefix in SURFACES:
        match = pattern.match(path)
        if match:
            return name, prefix + path[match.end():]
    return None, path


def as_mocks(exchange, path):
    query = ImmutableMultiDict(urllib.parse.parse_qsl(exchange["query"], keep_blank_values=True))
    # The boundary of a form is needed to read it; of all else the type alone matters.
    kind = exchange["content_type"]
    kind = kind if kind.startswith("multipart/") else kind.split(";")[0]
    request = MockRequest(
        HOST,
        exchange["method"].lower(),
        urllib.parse.unquote(path),
        args=query,
        data=exchange["body"].encode() if exchange["body"] else None,
        content_type=kind,
    )
    response = MockResponse(
        exchange["answer"].encode(),
        status_code=exchange["status"],
        content_type=exchange["answer_type"].split(";")[0],
    )
    return request, response


def said(errors):
    for error in errors:
        inner = getattr(error, "__cause__", None) or error
        several = getattr(inner, "schema_errors", None)
        if several:
            for one in several:
                place = "/".join(str(part) if not isinstance(part, int) else "*" for part in one.absolute_path)
                yield f"{place}: {one.message[:200]}"
        else:
            yield f"{type(error).__name__}: {inner}"[:300]


def shape(path):
    return re.sub(r"/(?:att)?\d+(?=/|$)", "/*", path)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
