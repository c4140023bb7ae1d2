"""Reports as a reader meets them: opened, clicked, filtered, printed, in a real Chromium."""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from critique_loop.report import Batch, Trace, render
from critique_loop.values import StopReason, TaskKind

pytestmark = [pytest.mark.browser, pytest.mark.slow]

AXE: Any = import_module("axe_playwright_python.sync_playwright").Axe()  # it has no types
Show = Callable[..., Page]
MakeRun = Callable[..., Trace]

# Each does something where it is not text: a title, an element, an attribute, an address.
HOSTILE = (
    "</script></style></textarea></title></template><script>document.title='pwned'</script>"
    "<img src=x onerror=\"document.title='pwned'\"><svg onload=alert(1)>"
    "<link rel=stylesheet href=https://example.org/a.css><iframe src=https://example.org></iframe>"
    "\" onmouseover='alert(1)' x='{{ 7*7 }}{% raw %}<!--]]>"
    "\u202egnp.exe\u202c \x1b[31mred\x1b[0m \x00 \ud800 \u2028 &lt;b&gt; javascript:alert(1)"
)


def hostile(plain: str) -> str:
    return f"{plain} {HOSTILE}"


def endless(plain: str) -> str:
    return plain + "W" * 1_000_000


def violations(page: Page) -> list[tuple[str, list[Any]]]:
    found: list[dict[str, Any]] = AXE.run(page).response["violations"]
    return [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found]


def many(make_run: MakeRun, number: int) -> Batch:
    batch = Batch(details=4)
    for place in range(number):
        good = place % 3 != 0
        reason = StopReason.ACCEPTED if good else StopReason.ROUNDS
        marks = (9.0,) if good else (2.0 + place % 5,)
        run_id = f"{place:04x}cafe{place:04x}"
        goal = f"goal number {place}"
        batch.add(make_run(marks, run_id=run_id, goal=goal, reason=reason))
    return batch


def test_a_run_is_readable_without_scripts(show: Show, make_run: MakeRun) -> None:
    page = show(render(make_run()), java_script_enabled=False)

    expect(page.get_by_role("heading", level=1)).to_have_text("sum by year")
    expect(page.get_by_text("Accepted", exact=False).first).to_be_visible()
    expect(page.get_by_role("heading", name="Round 2")).to_be_visible()
    expect(page.get_by_role("img", name="What the program of round 2 drew")).to_be_visible()
    page.get_by_text("Asked small-model as writer").first.click()
    expect(page.get_by_text("a sum, please").first).to_be_visible()


def test_the_picture_is_drawn_and_the_filmstrip_leads_to_its_round(
    show: Show, make_run: MakeRun
) -> None:
    page = show(render(make_run()))

    widths = page.eval_on_selector_all("img", "all => all.map(one => one.naturalWidth)")
    page.get_by_role("link", name="Round 2", exact=False).last.focus()
    page.keyboard.press("Enter")

    assert min(widths) > 100
    assert page.url.endswith("#r-run1-2")
    expect(page.get_by_role("heading", name="Round 2")).to_be_in_viewport()


def test_all_is_unfolded_and_folded_by_one_button(show: Show, make_run: MakeRun) -> None:
    page = show(render(make_run()))
    button = page.get_by_role("button", name="Unfold all")

    button.focus()
    page.keyboard.press("Enter")
    unfolded = page.locator("details:not([open])").count()
    page.keyboard.press("Enter")

    assert unfolded == 0
    assert page.locator("details[open]").count() == 0


def test_a_run_has_no_fault_that_axe_knows(show: Show, make_run: MakeRun) -> None:
    page = show(render(make_run(kind=TaskKind.CODE)))
    page.get_by_role("button", name="Unfold all").click()
    light = violations(page)

    page.emulate_media(color_scheme="dark")

    assert (light, violations(page)) == ([], [])


def test_a_batch_has_no_fault_that_axe_knows(show: Show, make_run: MakeRun) -> None:
    page = show(many(make_run, 12).html())
    light = violations(page)

    page.emulate_media(color_scheme="dark")
    dark = violations(page)
    page.get_by_role("button", name="0000cafe0000").click()

    assert (light, dark, violations(page)) == ([], [], [])


def test_dark_and_light_are_the_readers_choice(show: Show, make_run: MakeRun) -> None:
    html = render(make_run((8.0,)))
    backs = [
        show(html, color_scheme=scheme).evaluate("getComputedStyle(document.body).backgroundColor")
        for scheme in ("light", "dark")
    ]

    brightness = [sum(int(part) for part in back[4:-1].split(",")) for back in backs]
    assert brightness[0] > 700
    assert brightness[1] < 100


def test_a_narrow_screen_scrolls_no_page_sideways(show: Show, make_run: MakeRun) -> None:
    narrow = {"viewport": {"width": 400, "height": 800}}

    pages = [show(html, **narrow) for html in (render(make_run()), many(make_run, 5).html())]

    wide = [page.evaluate("document.documentElement.scrollWidth") for page in pages]
    assert max(wide) <= 400


def test_hostile_text_stays_text(show: Show, make_run: MakeRun) -> None:
    trace = make_run(text=hostile, goal=HOSTILE)

    page = show(render(trace))
    page.get_by_role("button", name="Unfold all").click()
    page.mouse.move(300, 300)

    assert "pwned" not in page.title()[:5]
    assert page.locator("script").count() == 1
    assert page.locator("iframe, link, svg[onload], [onerror], [onmouseover]").count() == 0
    assert "{{ 7*7 }}" in page.inner_text("h1")
    assert "\\u202egnp.exe" in page.inner_text("h1")


def test_hostile_text_in_a_batch_stays_text(show: Show, make_run: MakeRun) -> None:
    batch = Batch(details=1)
    for place in range(3):
        goal = f"{HOSTILE} {place}"
        batch.add(make_run(text=hostile, goal=goal, run_id=f"r{place}"))

    page = show(batch.html(title=HOSTILE))
    page.get_by_role("button", name="r0").click()
    page.get_by_role("dialog").get_by_text("Program").first.click()

    assert page.locator("iframe, link, svg[onload], [onerror], [onmouseover]").count() == 0
    assert page.locator("script").count() == 2
    assert "{{ 7*7 }}" in page.inner_text("dialog h1")


def test_endless_lines_do_not_break_the_layout(show: Show, make_run: MakeRun) -> None:
    trace = make_run((8.0,), text=endless, goal="G" * 5000)
    html = render(trace)

    page = show(html, viewport={"width": 1000, "height": 800})
    page.get_by_role("button", name="Unfold all").click()

    assert len(html) < 1_000_000
    assert page.evaluate("document.documentElement.scrollWidth") <= 1000


def test_what_is_smuggled_into_the_page_is_refused_by_its_policy(
    browser: Browser, make_run: MakeRun, tmp_path: Path
) -> None:
    smuggled = "<script>document.title='pwned'</script><img src='https://example.org/x.png'>"
    path = tmp_path / "page.html"
    path.write_text(render(make_run((8.0,))).replace("<main", f"{smuggled}<main", 1))
    page = browser.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))

    page.goto(path.as_uri())

    title = page.title()
    page.close()
    assert title == "sum by year · critique-loop"
    assert [one for one in said if "Content Security Policy" not in one] == []
    assert len(said) == 2


def test_runs_are_found_by_text_end_and_score(show: Show, make_run: MakeRun) -> None:
    page = show(many(make_run, 30).html())
    said = page.get_by_role("status")

    page.get_by_label("Text in id").fill("NUMBER 7")
    expect(said).to_have_text("1 of 30 runs")
    page.get_by_role("button", name="Clear").click()
    expect(said).to_have_text("30 runs")
    page.get_by_role("combobox", name="Ended").select_option(label="The rounds ended")
    expect(said).to_have_text("10 of 30 runs")
    page.get_by_label("Overall from").fill("5")
    expect(said).to_have_text("4 of 30 runs")


def test_a_group_of_failures_is_a_filter(show: Show, make_run: MakeRun) -> None:
    page = show(many(make_run, 30).html())

    page.get_by_role("button", name="The rounds ended").click()

    expect(page.get_by_role("status")).to_have_text("10 of 30 runs")
    expect(page.get_by_role("heading", name="Runs", exact=True)).to_be_in_viewport()


def test_the_table_is_sorted_both_ways(show: Show, make_run: MakeRun) -> None:
    page = show(many(make_run, 30).html())
    marks = "rows => rows.map(row => Number(row.cells[2].textContent))"
    button = page.get_by_role("button", name="Overall")

    button.click()
    rising = page.eval_on_selector_all("#runs tbody tr", marks)
    button.click()
    falling = page.eval_on_selector_all("#runs tbody tr", marks)

    assert rising == sorted(rising)
    assert falling == sorted(falling, reverse=True)
    assert page.get_attribute("[data-sort='3']", "aria-sort") == "descending"


def test_a_run_of_a_batch_opens_by_keyboard_and_closes_with_escape(
    show: Show, make_run: MakeRun
) -> None:
    page = show(many(make_run, 12).html())
    dialog = page.get_by_role("dialog")

    page.get_by_role("button", name="0003cafe0003").focus()
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("heading", level=1)).to_have_text("goal number 3")
    page.keyboard.press("Escape")

    expect(dialog).to_be_hidden()
    expect(page.get_by_role("button", name="0003cafe0003")).to_be_focused()


def test_the_filmstrip_of_a_batch_borrows_its_pictures(show: Show, make_run: MakeRun) -> None:
    html = render([make_run(run_id="one"), make_run(run_id="two")])
    page = show(html)

    page.get_by_role("button", name="one").click()

    small = page.locator("dialog .card img")
    expect(small).to_have_count(2)
    assert small.first.evaluate("one => one.decode().then(() => one.naturalWidth)") > 100
    assert html.count("data:image/png") == 4


def test_pages_are_turned(show: Show, make_run: MakeRun) -> None:
    page = show(many(make_run, 130).html())

    page.get_by_role("button", name="Next").click()

    assert page.locator("#runs tbody tr").count() == 30
    expect(page.locator("#place")).to_have_text("101 to 130")


def test_print_shows_what_is_folded(show: Show, make_run: MakeRun) -> None:
    page = show(render(make_run()))
    folded = page.get_by_text("a sum, please").first

    hidden = folded.is_visible()
    page.emulate_media(media="print")
    printed = page.evaluate(
        "[...document.querySelectorAll('details:not([open]) pre')]"
        ".filter(one => !one.checkVisibility()).map(one => one.outerHTML.slice(0, 90))"
    )

    assert not hidden
    assert printed == []
    assert len(page.pdf()) > 20_000


def test_ten_thousand_runs_open_in_less_than_three_seconds(show: Show, make_run: MakeRun) -> None:
    html = many(make_run, 10_000).html()

    begun = time.perf_counter()
    page = show(html)
    expect(page.get_by_role("status")).to_have_text("10,000 runs")
    opened = time.perf_counter() - begun
    begun = time.perf_counter()
    page.get_by_label("Text in id").fill("number 9999")
    expect(page.get_by_role("status")).to_have_text("1 of 10,000 runs")
    filtered = time.perf_counter() - begun

    print(f"{len(html):,} bytes, opened in {opened:.2f} s, filtered in {filtered:.2f} s")  # noqa: T201 - the figure of the docs
    assert len(html) < 4_000_000
    assert opened < 3
    assert filtered < 1
