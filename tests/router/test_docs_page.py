"""The documentation that a running router shows."""

import html
import json
import re

import pytest
import requests


@pytest.fixture
def url(serve):
    return serve({})


@pytest.fixture
def shown(url):
    answer = requests.get(f"{url}/docs", timeout=10)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return answer.text


def test_the_page_loads_nothing(shown):
    assert not re.search(r"<script|<img|@import|url\(|stylesheet", shown)


def test_every_endpoint_is_on_the_page_with_its_statuses(shown, url):
    paths = requests.get(f"{url}/openapi.json", timeout=10).json()["paths"]
    for path, verbs in paths.items():
        for verb, operation in verbs.items():
            assert f"<code>{verb.upper()} {path}</code></h2>" in shown.replace(
                "\n", ""
            )
            assert operation["responses"].keys() <= set(
                re.findall("<td>([^<]*)</td>", shown)
            )


def test_the_examples_on_the_page_can_be_sent(serve, sandbox):
    names = ("openai", "gemini", "requestry", "openrouter")
    keys = {f"{name.upper()}_API_KEY": "sk-test-0123456789" for name in names}
    urls = {f"{n.upper()}_BASE_URL": sandbox.base_url(n) for n in names}
    page = requests.get(serve(keys | urls) + "/docs", timeout=10).text
    commands = re.findall("<pre>(curl [^<]* -d [^<]*)</pre>", page)
    assert len(commands) >= 8
    for command in map(html.unescape, commands):
        address = command.split()[1]
        body = json.loads(re.search("-d '(.*)'$", command, re.DOTALL)[1])
        answer = requests.post(address, json=body, timeout=10)
        assert answer.status_code == 200, command


def test_what_stands_in_the_document_is_no_html(llm):
    operation = {
        "operationId": "a",
        "description": "`<b>` & ``c``",
        "responses": {"200": {"description": "<i>"}},
    }
    document = {
        "info": {"title": "<t>", "version": "1"},
        "paths": {"/<p>": {"get": operation}},
        "components": {"schemas": {}},
    }
    shown = llm.router.docs_page.page(document, "http://x")
    assert not any(tag in shown for tag in ("<t>", "<b>", "<i>", "/<p>"))
    assert "<code>&lt;b&gt;</code> &amp; <code>c</code>" in shown
