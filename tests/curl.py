"""What a page of the documentation shows of curl, carried out without it: a bare machine has none."""

import argparse
import re
import shlex

import httpx


def examples(page: str) -> dict[str, str]:
    """The commands that a page shows, each with what it prints."""
    return {
        command: output.strip()
        for block in re.findall(r"^```console\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
        for command, output in re.findall(r"^\$ (.+)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE)
    }


def curl(command: str, *, port: int) -> str:
    """The answer, from the API at another port."""
    parser = argparse.ArgumentParser("curl")
    parser.add_argument("-H", action="append", default=[])
    parser.add_argument("-X")
    parser.add_argument("-d")
    parser.add_argument("url")
    given = parser.parse_args(shlex.split(command)[1:])
    url = given.url.replace(":8000/", f":{port}/")
    headers = dict(each.split(": ", 1) for each in given.H)
    method = given.X or ("POST" if given.d else "GET")
    return httpx.request(method, url, headers=headers, content=given.d, timeout=120).text
