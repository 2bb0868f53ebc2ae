"""atlassian-python-api against the Data Center side. Usage: library.py ACCESS"""

import json
import sys

from atlassian import Confluence

center = json.loads(sys.argv[1])["data_center"]
confluence = Confluence(url=center["url"], token=center["personal_token"], cloud=False)

spaces = confluence.get_all_spaces(start=0, limit=50)["results"]
assert "ENG" in [space["key"] for space in spaces], spaces

pages = list(confluence.get_all_pages_from_space("ENG", start=0, limit=5))
assert len(pages) >= 5 and all(page["id"] for page in pages), pages

created = confluence.create_page("ENG", "Written by atlassian-python-api", "<p>one</p>")
read = confluence.get_page_by_id(created["id"], expand="body.storage,version")
assert read["body"]["storage"]["value"] == "<p>one</p>", read
found = confluence.get_page_by_title("ENG", "Written by atlassian-python-api")["results"]
assert [page["id"] for page in found] == [created["id"]], found

confluence.update_page(created["id"], "Written by atlassian-python-api", "<p>two</p>")
read = confluence.get_page_by_id(created["id"], expand="body.storage,version")
assert read["body"]["storage"]["value"] == "<p>two</p>", read
assert read["version"]["number"] == 2, read

found = confluence.cql('text ~ "rollback"', limit=5)["results"]
assert found, "the search found nothing"
print("ok  atlassian-python-api 5.0.5: list, read, create, update, search")
