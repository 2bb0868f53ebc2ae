#!/usr/bin/env python3
"""Runs or parses every command, JSON and TOML block of README.md and docs/.

Usage: check.py PATH-OF-WEIR

A block that this program does not know how to check fails: nothing in the documents is untested by
accident. Names of sites and secrets are replaced by those of a `weir sandbox`.
"""

import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import tomllib
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
WEIR = str(pathlib.Path(sys.argv[1]).resolve())
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


class World:
    """A sandbox, a mirrored data folder and a server on it."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.processes = []
        self.home = self.folder / "home"
        self.home.mkdir()
        sandbox = self.start([WEIR, "sandbox"], stdout=subprocess.PIPE)
        self.access = json.loads(sandbox.stdout.readline())
        self.environment = self.environment_of("cloud", self.folder / "data")
        (self.folder / "page.xhtml").write_text("<h1>Rollback</h1><p>a page</p>")
        (self.folder / "page.md").write_text("a page")
        (self.folder / "issue.txt").write_text("h1. an issue")
        for version in ["old", "new", "base", "theirs", "ours"]:
            (self.folder / f"{version}.xhtml").write_text("<p>a page</p>")
        (self.folder / "issue.json").write_text('{"type": "doc", "version": 1, "content": []}')
        self.run([WEIR, "sync", "all"])
        self.token = self.run([WEIR, "token", "create", "docs", "--all-spaces"]).stdout.strip()
        self.served = self.environment_of("cloud", self.folder / "served")
        server = self.start(
            [WEIR, "serve", "--listen", "127.0.0.1:0"],
            stderr=subprocess.PIPE,
            env=self.served,
        )
        self.url = next(
            re.search(r"http://\S+", line)[0].removesuffix("/mcp")
            for line in server.stderr
            if " MCP " in line
        )
        self.server_token = self.run(
            [WEIR, "token", "create", "docs", "--all-spaces"], env=self.served
        ).stdout.strip()

    def environment_of(self, product, data):
        base = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "WEIR_DATA": str(data),
        }
        return base | self.credentials(product)

    def credentials(self, product):
        if product == "cloud":
            cloud = self.access["cloud"]
            return {
                "CONFLUENCE_URL": cloud["url"],
                "CONFLUENCE_USERNAME": cloud["username"],
                "CONFLUENCE_API_TOKEN": cloud["api_token"],
            }
        center = self.access["data_center"]
        return {
            "CONFLUENCE_URL": center["url"],
            "CONFLUENCE_PERSONAL_TOKEN": center["personal_token"],
        }

    def real(self, environment):
        """The environment that a document gives, with the sandbox's values."""
        product = "data_center" if "CONFLUENCE_PERSONAL_TOKEN" in environment else "cloud"
        values = self.credentials(product)
        assert set(environment) == set(values), f"variables {sorted(environment)}"
        return values

    def start(self, command, **more):
        more.setdefault("env", {"PATH": os.environ["PATH"], "HOME": str(self.home)})
        process = subprocess.Popen(command, text=True, **more)
        self.processes.append(process)
        return process

    def run(self, command, env=None, check=True, shell=False):
        done = subprocess.run(
            command,
            env=env or self.environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=120,
            shell=shell,
        )
        assert not check or done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done

    def stop(self):
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            process.wait()


def serves_over_stdio(world, command, arguments, environment):
    """Starts the server as a client would and lists its tools."""
    assert command == "weir", f"command {command}"
    requests = [
        {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "initialize",
            "params": {
                "protocolVersion": "2025-06-18",
                "capabilities": {},
                "clientInfo": {"name": "docs", "version": "1"},
            },
        },
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/list"},
    ]
    process = subprocess.Popen(
        [WEIR, *arguments],
        env={"PATH": os.environ["PATH"], "HOME": str(world.home)} | world.real(environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        for request in requests:
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
        for line in process.stdout:
            answer = json.loads(line)
            if answer.get("id") == 2:
                assert len(answer["result"]["tools"]) >= 6
                break
        else:
            raise AssertionError("the server did not list its tools")
        process.stdin.close()
        assert process.wait(timeout=30) == 0, "the server did not end with its input"
    finally:
        process.kill()


def serves_over_http(world, url, header):
    """Lists the tools over HTTP with the token in the place that the line shows."""
    assert url.endswith("/mcp"), url
    assert re.fullmatch(r"Bearer (weir_mcp_\S+|\$\{?\w+\}?)", header), header
    request = urllib.request.Request(
        f"{world.url}/mcp",
        data=json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).encode(),
        headers={
            "Authorization": f"Bearer {world.server_token}",
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": "2025-06-18",
        },
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert b'"tools"' in answer.read()


def check_servers(world, servers):
    for server in servers.values():
        if "command" in server:
            serves_over_stdio(world, server["command"], server["args"], server["env"])
        else:
            serves_over_http(world, server["url"], server["headers"]["Authorization"])


def check_json(world, text):
    value = json.loads(text)
    for key in ("mcpServers", "servers"):
        if key in value:
            check_servers(world, value[key])


def check_toml(world, text):
    value = tomllib.loads(text)
    if "mcp_servers" in value:
        check_servers(world, value["mcp_servers"])
        return
    cloud = world.access["cloud"]
    for name, real in (("url", cloud["url"]), ("username", cloud["username"]), ("api_token", cloud["api_token"])):
        text = re.sub(rf'^{name} = ".*"$', f'{name} = "{real}"', text, flags=re.MULTILINE)
    path = world.folder / "weir.toml"
    path.write_text(text)
    plain = {name: world.environment[name] for name in ("PATH", "HOME", "WEIR_DATA")}
    world.run([WEIR, "doctor", "--config", str(path)], env=plain)


def check_claude(world, words):
    assert words[:3] == ["claude", "mcp", "add"], words
    if "--transport" in words:
        place = words.index("--transport")
        assert words[place + 1] == "http"
        header = words[words.index("--header") + 1]
        name, _, value = header.partition(": ")
        assert name == "Authorization", header
        serves_over_http(world, words[place + 3], value)
        return
    split = words.index("--")
    options, command = words[4:split], words[split + 1 :]
    assert options[0::2] == ["--env"] * (len(options) // 2), options
    environment = dict(pair.split("=", 1) for pair in options[1::2])
    serves_over_stdio(world, command[0], command[1:], environment)


def check_weir(world, words):
    command = words[1:]
    if command[0] in ("serve", "sandbox"):
        command = [world.access["folder"] if word == "DIR" else word for word in command]
        process = subprocess.Popen(
            [WEIR, *command, "--listen", "127.0.0.1:0"],
            env=world.environment_of("cloud", world.folder / "another"),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            assert "http://" in process.stdout.readline()
        finally:
            process.terminate()
            process.wait()
        return
    if command[:2] == ["token", "revoke"]:
        listed = json.loads(world.run([WEIR, "token", "list", "--json"]).stdout)["tokens"]
        command = ["token", "revoke", listed[-1]["id"]]
    environment = world.environment | {k: v for k, v in EXPORTED.items() if k.startswith("WEIR_")}
    if "CONFLUENCE_PERSONAL_TOKEN" in EXPORTED:
        environment = world.environment_of("data_center", world.folder / "center")
    world.run([WEIR, *command], env=environment)


EXPORTED = {}

# Lines that a machine with Rust runs and this check does not repeat: each is run elsewhere in CI,
# or would install the program that is under test.
ELSEWHERE = {
    "cargo run --release -- demo": "crates/weir/tests/it/demo.rs",
    "cargo run --release -- demo --once": "crates/weir/tests/it/demo.rs",
    "cargo test --workspace": ".ci/run",
    "bench/peer/install.sh": "bench/peer/requirements.txt",
    "cargo run --release -p bench -- fidelity FOLDER": "bench/tests/it/fidelity.rs",
    "cargo run --release -p bench -- fidelity FOLDER --python target/peer/bin/python":
        "bench/tests/it/fidelity.rs",
    "cargo install --locked --path crates/weir": "crates/weir/Cargo.toml",
}


def check_line(world, line):
    if line in ELSEWHERE:
        assert (ROOT / ELSEWHERE[line]).exists(), ELSEWHERE[line]
        return
    if "|" in line:
        run_in_shell(world, line)
        return
    words = shlex.split(line, comments=True)
    if words[0] == "export":
        EXPORTED.update(pair.split("=", 1) for pair in words[1:])
    elif words[0] == "claude":
        check_claude(world, words)
    elif words[0] == "weir":
        check_weir(world, words)
    else:
        raise AssertionError(f"no check for: {line}")


def run_in_shell(world, text):
    path = f"{pathlib.Path(WEIR).parent}:{os.environ['PATH']}"
    world.run(["bash", "-ec", text], env=world.environment | {"PATH": path})


def check_shell(world, text):
    EXPORTED.clear()
    if " > " in text or "<<" in text:
        run_in_shell(world, text)
        return
    for line in text.replace("\\\n", "").splitlines():
        if line.strip() and not line.startswith("#"):
            check_line(world, line.strip())


CHECKS = {"json": check_json, "toml": check_toml, "sh": check_shell}


def documents():
    yield ROOT / "README.md"
    yield from sorted((ROOT / "docs").rglob("*.md"))


def main():
    failed = 0
    checked = 0
    with tempfile.TemporaryDirectory() as folder:
        world = World(folder)
        world.access["folder"] = folder
        try:
            for document in documents():
                for language, text in FENCE.findall(document.read_text()):
                    if language not in CHECKS:
                        assert language in ("", "text"), f"{document}: no check for {language}"
                        continue
                    try:
                        CHECKS[language](world, text)
                        checked += 1
                    except (AssertionError, ValueError, KeyError, OSError, subprocess.SubprocessError) as error:
                        failed += 1
                        print(f"FAILED {document.relative_to(ROOT)}:\n{text}{type(error).__name__}: {error}\n")
        finally:
            world.stop()
    print(f"{checked} blocks checked, {failed} failed")
    sys.exit(1 if failed or not checked else 0)


main()
