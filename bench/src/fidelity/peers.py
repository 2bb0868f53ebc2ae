"""Converts a JSON list of pages on standard input with each converter that can be imported."""

import importlib.metadata
import json
import logging
import sys
import time

ROUNDS = 3


def mcp_atlassian():
    from mcp_atlassian.preprocessing.confluence import ConfluencePreprocessor

    preprocessor = ConfluencePreprocessor(base_url="https://example.atlassian.net/wiki")
    return lambda storage: preprocessor.process_html_content(storage, space_key="DOC")[1]


def markdownify():
    from markdownify import markdownify as convert

    return convert


def measured(package, load, pages):
    try:
        convert = load()
        name = f"{package} {importlib.metadata.version(package)}"
    except ImportError as error:
        return {"name": package, "missing": str(error)}
    seconds = []
    for _ in range(ROUNDS):
        markdown = []
        start = time.process_time()
        for storage in pages:
            try:
                markdown.append(convert(storage))
            except Exception:
                markdown.append("")
        seconds.append(time.process_time() - start)
    return {"name": name, "markdown": markdown, "seconds": seconds}


logging.disable(logging.CRITICAL)
pages = json.load(sys.stdin)
peers = [("mcp-atlassian", mcp_atlassian), ("markdownify", markdownify)]
json.dump([measured(package, load, pages) for package, load in peers], sys.stdout)
