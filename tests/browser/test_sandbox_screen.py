"""The sandbox's page on a screen: traffic as it comes, faults by a click."""

from collections.abc import Iterator

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from course.sandbox import Sandbox

pytestmark = pytest.mark.browser
KEY = "sk-test-very-secret-0123456789"
PATHS = {
    "openai": "/openai/v1/chat/completions",
    "requestry": "/requestry/v1/chat/completions",
}


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as started:
        yield started


@pytest.fixture
def page(browser: Browser, sandbox: Sandbox) -> Iterator[Page]:
    """The page, open; it must load nothing else and report no error."""
    context = browser.new_context(viewport={"width": 1280, "height": 1400})
    opened = context.new_page()
    asked: list[str] = []
    errors: list[str] = []
    opened.on("request", lambda one: asked.append(one.url))
    opened.on("pageerror", lambda one: errors.append(str(one)))
    opened.goto(sandbox.url)
    expect(opened.locator(".provider")).to_have_count(4)
    yield opened
    context.close()
    local = (sandbox.url, "data:")
    assert [one for one in asked if not one.startswith(local)] == []
    assert errors == []


def ask(sandbox: Sandbox, said: str, provider: str = "openai") -> int:
    """Ask the first model that the provider lists."""
    url = sandbox.url + PATHS[provider]
    headers = {"Authorization": f"Bearer {KEY}"}
    listed = requests.get(
        url.replace("/chat/completions", "/models"), headers=headers
    )
    body = {
        "model": listed.json()["data"][0]["id"],
        "messages": [{"role": "user", "content": said}],
    }
    return requests.post(url, json=body, headers=headers).status_code


def test_requests_appear_by_themselves_as_text_and_without_a_key(
    page: Page, sandbox: Sandbox
) -> None:
    ask(sandbox, f"<img src=x onerror=alert(1)> {KEY}")
    row = page.locator("#requests li", has_text="onerror").first
    expect(row.locator("summary")).to_contain_text("<img src=x")
    row.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(row.locator(".reply")).to_be_visible()
    assert page.locator("#requests img").count() == 0
    assert "very-secret" not in page.content()


def test_a_fault_is_planned_by_keyboard_and_met_by_the_next_request(
    page: Page, sandbox: Sandbox
) -> None:
    card = page.get_by_role("article", name="openai")
    card.get_by_text("Any fault").focus()
    page.keyboard.press("Enter")
    card.get_by_label("Fault").select_option("error_status")
    card.get_by_role("textbox", name="status").fill("503")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("error_status")
    expect(card.locator(".planned li")).to_contain_text("503")
    url = sandbox.url + PATHS["openai"]
    headers = {"Authorization": f"Bearer {KEY}"}
    assert requests.post(url, json={}, headers=headers).status_code == 503
    row = page.locator("#requests li").first
    expect(row.locator(".status")).to_have_text("503")
    expect(card.locator(".planned li")).to_have_count(0)


def test_one_click_plans_a_common_fault_of_one_provider(
    page: Page, sandbox: Sandbox
) -> None:
    card = page.get_by_role("article", name="requestry")
    card.get_by_role("button", name="overloaded").click()
    expect(card.locator(".planned li")).to_contain_text("overloaded, 1 ×")
    others = page.locator(".planned li")
    expect(others).to_have_count(1)


def test_the_list_can_be_narrowed_and_cleared(
    page: Page, sandbox: Sandbox
) -> None:
    ask(sandbox, "One of OpenAI's")
    ask(sandbox, "One of Requestry's", "requestry")
    expect(page.locator("#requests li:visible")).to_have_count(4)
    page.get_by_label("Show").select_option("requestry")
    expect(page.locator("#requests li:visible")).to_have_count(2)
    page.get_by_role("button", name="Clear requests and faults").click()
    expect(page.locator("#requests li")).to_have_count(0)
    assert sandbox.requests == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_field_has_a_name_and_every_text_enough_contrast(
    page: Page, sandbox: Sandbox, scheme: str
) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    ask(sandbox, "Hello!")
    expect(page.locator("#requests li").first).to_be_visible()
    fields = page.locator("select, input, button")
    for field in fields.all():
        named = field.evaluate(
            "one => one.labels?.length || one.textContent.trim() !== ''"
        )
        assert named
    assert page.evaluate(CONTRAST) >= 4.5


# The least contrast of all visible texts against what lies behind them.
CONTRAST = """
() => {
  const part = (v) => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
  const light = (c) => {
    const three = c.match(/[\\d.]+/g).slice(0, 3);
    const [r, g, b] = three.map((v) => part(v / 255));
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const behind = (one) => {
    for (let at = one; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (!/, 0\\)$|transparent/.test(colour)) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  let least = 21;
  for (const one of document.querySelectorAll("body *")) {
    const texts = [...one.childNodes].filter((n) => n.nodeType === 3);
    if (!texts.some((n) => n.data.trim()) || !one.offsetParent) continue;
    const two = [getComputedStyle(one).color, behind(one)].map(light);
    two.sort((a, b) => b - a);
    least = Math.min(least, (two[0] + .05) / (two[1] + .05));
  }
  return least;
}
"""
