"""The official Python client: revision 2026-07-28 by default, `initialize` in its legacy mode."""

import asyncio
import json
import sys

import httpx2
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

PLAN = json.loads(sys.argv[1])


async def check(label, make_server, mode):
    for round_name in ("first connection", "second connection"):
        async with make_server() as server, Client(server, mode=mode) as client:
            tools = (await client.list_tools()).tools
            names = [tool.name for tool in tools]
            for call in PLAN["calls"]:
                assert call["tool"] in names, f"{call['tool']} is not listed"
                answer = await client.call_tool(call["tool"], call["arguments"])
                assert not answer.is_error, f"{call['tool']}: {answer.content}"
                assert answer.content[0].text, f"{call['tool']} answered nothing"
            missing = PLAN["missing"]
            refused = await client.call_tool(missing["tool"], missing["arguments"])
            assert refused.is_error and "not_found" in refused.content[0].text, refused
        print(f"ok  {label}, {round_name}: {len(names)} tools, {len(PLAN['calls'])} calls, 1 refusal")


class Stdio:
    """Gives the parameters; the client starts the process."""

    async def __aenter__(self):
        return StdioServerParameters(command=PLAN["command"], args=["mcp"], env=PLAN["environment"])

    async def __aexit__(self, *_):
        return None


class Http:
    def __init__(self, token):
        self.token = token

    async def __aenter__(self):
        self.client = httpx2.AsyncClient(headers={"Authorization": f"Bearer {self.token}"})
        return streamable_http_client(PLAN["url"], http_client=self.client)

    async def __aexit__(self, *_):
        await self.client.aclose()


async def refused_with_a_wrong_token():
    try:
        async with Http("weir_mcp_wrong") as server, Client(server) as client:
            await client.list_tools()
    except BaseException:  # The client wraps a 401 in a group of exceptions.
        print("ok  python 2.3.0 with a wrong token is refused")
        return
    raise AssertionError("a wrong token was let in")


async def main():
    for mode in ("legacy", "auto", "2026-07-28"):
        await check(f"python 2.3.0 {mode} stdio", Stdio, mode)
        await check(f"python 2.3.0 {mode} http", lambda: Http(PLAN["token"]), mode)
    await refused_with_a_wrong_token()


asyncio.run(main())
