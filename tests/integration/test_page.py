"""The page in a real browser: every view, what a person does with it, and that everybody can."""

import json
import os
import re
import shutil
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from schemas.alerts import UnitAlert
from schemas.daily import Acknowledge
from streams import log_files
from streams.results import Output, Points
from streams.sinks.lake import LakeSink
from tests import served_fleet
from tests.served_fleet import DAYS, HOT, LAST_US, SICK, SILENT, UNITS
from tests.serving import serving
from tests.synthetic import alert as unit_alert
from tests.synthetic import points as states

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SCREENS = Path(__file__).resolve().parents[2] / "build" / "screenshots"
WIDTHS = (390, 1280, 1920)
WAIT_MS = 60_000
SQUEEZED = """[...document.querySelectorAll("td.number")].filter(
    one => one.clientWidth && one.clientWidth < 30 && one.innerText.length > 4).length"""
BRUSHES = "u000020"
PAGES = {"fleet": "/", "unit": f"/units/{SICK}", "alerts": "/alerts", "cohorts": "/cohorts"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        reason = f"no browser here: looked for {', '.join(BROWSERS)} (Debian: apt-get install chromium)"
        if os.environ.get("EDU_TWIN_REQUIRE_STACK") == "1":
            pytest.fail(f"EDU_TWIN_REQUIRE_STACK=1, but {reason}")
        pytest.skip(reason)
    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=found)
        yield started
        started.close()


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return served_fleet.make(tmp_path_factory.mktemp("page"))


@pytest.fixture(scope="module")
def address(browser: Browser, fleet: tuple[Path, Path]) -> Iterator[str]:
    with serving(*fleet, SERVE__REFRESH_S="0.5") as url:
        yield url


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A tab of its own; at its end nothing may have gone wrong in it."""
    context = browser.new_context(base_url=address, viewport={"width": 1280, "height": 900})
    context.set_default_timeout(WAIT_MS)
    tab, wrong = context.new_page(), list[str]()
    tab.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    tab.on("pageerror", lambda error: wrong.append(str(error)))
    yield tab
    context.close()
    assert wrong == []


def visit(page: Page, path: str) -> None:
    page.goto(path)
    page.wait_for_selector(f"main[data-ready='{path}']")


def visit_query(page: Page, address: str) -> None:
    page.goto(address)
    page.wait_for_selector("main[data-ready]")


def write(lake: Path, points: list[Points]) -> None:
    sink = LakeSink(lake)
    sink.write(Output(0, points=points))
    sink.flush(30)
    sink.close()


def alert_of(address: str, unit: str) -> str:
    with urllib.request.urlopen(f"{address}/v1/alerts?subject={unit}") as answer:
        return str(json.load(answer)["items"][0]["alert_id"])


@pytest.mark.parametrize("width", WIDTHS)
def test_every_view_fits_every_width(page: Page, address: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    SCREENS.mkdir(parents=True, exist_ok=True)
    for name, path in {**PAGES, "alert": f"/alerts/{alert_of(address, BRUSHES)}"}.items():
        visit(page, path)
        beyond = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert beyond <= 0, f"{name} is {beyond} pixels wider than {width}"
        squeezed = page.evaluate(SQUEEZED)
        assert squeezed == 0, f"{name}: numbers are broken over lines"
        page.screenshot(path=SCREENS / f"{name}-{width}.png", full_page=True)


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_axe_finds_nothing_serious(page: Page, address: str, colours: Any) -> None:
    page.emulate_media(color_scheme=colours)
    for name, path in {**PAGES, "alert": f"/alerts/{alert_of(address, BRUSHES)}"}.items():
        visit(page, path)
        found = Axe().run(page).response["violations"]
        serious = [
            (one["id"], [node["target"] for node in one["nodes"]])
            for one in found
            if one["impact"] in ("serious", "critical")
        ]
        assert serious == [], name
        if colours == "dark":
            page.screenshot(path=SCREENS / f"{name}-dark.png", full_page=True)


def test_the_first_screen_says_who_needs_somebody_and_why(page: Page) -> None:
    visit(page, "/")
    expect(page.get_by_role("heading", level=1)).to_have_text("3 units need action")
    cards = page.locator(".cards .card")
    expect(cards).to_have_count(3)
    for card in cards.all():
        box = card.bounding_box()
        assert box
        assert box["y"] + box["height"] < 900, "without scrolling"
    expect(cards.filter(has_text=SICK)).to_contain_text("Pump flow −42 %")
    expect(cards.filter(has_text=HOT)).to_contain_text("Oil over temperature: 121.5 °C, limit 120 °C")
    expect(page.get_by_role("row", name=SILENT)).to_contain_text("Silent since")


def test_filters_and_pages_of_the_list(page: Page) -> None:
    visit(page, "/")
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(50)
    page.get_by_role("button", name="Show more").click()
    expect(rows).to_have_count(UNITS)
    page.get_by_label("State ").select_option("No data")
    expect(rows).to_have_count(1)
    page.get_by_label("State ").select_option("all")
    page.get_by_label("Find").fill(SICK)
    expect(rows).to_have_count(1)


def test_charts_have_drawn_their_points(page: Page) -> None:
    visit(page, f"/units/{SICK}")
    charts = page.locator("figure.chart")
    expect(charts).to_have_count(3)
    for chart in charts.all():
        assert 10 <= int(chart.get_attribute("data-points") or 0) <= max(DAYS, served_fleet.MINUTES)
        coloured = chart.locator("canvas").evaluate(
            """canvas => {
                const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
                let count = 0;
                for (let at = 0; at < pixels.length; at += 4) {
                    const [red, green, blue, alpha] = pixels.subarray(at, at + 4);
                    count += alpha > 100 && Math.max(red, green, blue) - Math.min(red, green, blue) > 60;
                }
                return count;
            }"""
        )
        assert coloured > 500
    told = charts.first.get_by_role("img").get_attribute("aria-label") or ""
    assert told.startswith("Pump flow, by day: Pump flow from")
    fan = page.locator("section").filter(has=page.locator("#life"))
    expect(fan.locator("tbody tr").first).to_contain_text(" km")
    assert "half go on for" in (fan.get_by_role("img").get_attribute("aria-label") or "")
    page.locator("#parameter").select_option("Vibration")
    expect(charts.first.locator("figcaption")).to_contain_text("Vibration, by day")
    charts.first.get_by_text("Numbers").click()
    expect(charts.first.locator("tbody tr").nth(30)).to_be_attached()


def test_the_state_at_a_past_moment(page: Page) -> None:
    visit(page, f"/units/{SICK}")
    page.get_by_text("As it was at a past moment").click()
    page.get_by_label("Moment (UTC)").fill("2024-11-17T23:00")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_text("State of 17 Nov 2024, 23:00 UTC, valid")).to_be_visible()


def test_cohorts_are_compared_by_another_origin_and_parameter(page: Page) -> None:
    visit(page, "/cohorts")
    page.locator("#by").select_option("plant")
    page.locator("#parameter").select_option("Pump flow")
    expect(page.get_by_text("Pump flow: four of five units")).to_be_visible()
    row = page.get_by_role("row", name="p0").filter(has_text="bmw-gen5-rear")
    units = int(row.locator("td").nth(1).inner_text())
    row.get_by_role("link", name="p0").click()
    rows = page.locator("section tbody tr")
    expect(rows).to_have_count(units)
    expect(rows.first).to_be_in_viewport()
    assert page.url.endswith("/?variant=bmw-gen5-rear&plant=p0")


def test_a_choice_of_units_is_there_again_when_one_comes_back(page: Page) -> None:
    visit(page, "/")
    page.get_by_label("State ").select_option("No data")
    page.get_by_role("row", name=SILENT).get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(SILENT)
    page.go_back()
    expect(page.get_by_label("State ")).to_have_value("no_data")
    expect(page.locator("section tbody tr")).to_have_count(1)
    visit_query(page, "/?batch=b000")
    expect(page.locator("section tbody tr")).not_to_have_count(0)
    expect(page.locator("section tbody tr")).not_to_have_count(50)
    page.get_by_role("button", name="Batch b000: show all").click()
    expect(page.locator("section tbody tr")).to_have_count(50)


def test_alerts_use_the_width_there_is(page: Page) -> None:
    visit(page, "/alerts")
    box = page.locator(".card").first.bounding_box()
    assert box
    assert box["width"] > 500


def test_what_does_not_exist_is_said_in_words(page: Page, browser: Browser, address: str) -> None:
    visit(page, "/alerts")
    with browser.new_context(base_url=address) as other:
        tab = other.new_page()
        tab.goto("/units/nobody")
        expect(tab.get_by_text("no unit nobody has sent results")).to_be_visible(timeout=WAIT_MS)


def test_new_results_appear_without_loading_the_page_anew(page: Page, fleet: tuple[Path, Path]) -> None:
    visit(page, f"/units/{SICK}")
    expect(page.get_by_text("newest state 17 Nov 2024, 23:59 UTC")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="Live")).to_be_visible()
    later = served_fleet.states({SICK: "bmw-gen5-front"}, seed=2, end_us=LAST_US + 7_200_000_000)
    write(fleet[0], list(later))
    expect(page.get_by_text("newest state 18 Nov 2024, 01:59 UTC")).to_be_visible(timeout=WAIT_MS)


def test_a_fleet_appears_on_a_page_that_was_there_before_it(browser: Browser, tmp_path: Path) -> None:
    lake, log = tmp_path / "lake", tmp_path / served_fleet.LOG
    lake.mkdir()
    log.touch()
    with serving(lake, log, SERVE__REFRESH_S="0.5") as url, browser.new_context(base_url=url) as context:
        context.set_default_timeout(WAIT_MS)
        tab = context.new_page()
        tab.goto("/")
        expect(tab.get_by_role("heading", level=1)).to_have_text("No unit has sent results yet", timeout=WAIT_MS)
        served_fleet.make(tmp_path)
        expect(tab.get_by_role("heading", level=1)).to_have_text("3 units need action", timeout=WAIT_MS)
        plants = tab.get_by_label("Plant ").get_by_role("option")
        expect(plants).to_have_text(["all", "p0", "p1"], timeout=WAIT_MS)
        link = tab.locator(".cards").get_by_role("link", name=SICK, exact=True)
        link.focus()
        later = served_fleet.states({HOT: "bmw-gen5-front"}, seed=2, end_us=LAST_US + 7_200_000_000)
        write(lake, list(later))
        expect(tab.get_by_text("Results up to 18 Nov 2024, 01:59 UTC")).to_be_visible(timeout=WAIT_MS)
        expect(link).to_be_focused(timeout=WAIT_MS)


def test_where_commands_need_a_token_it_is_asked_for_once(browser: Browser, fleet: tuple[Path, Path]) -> None:
    lake, log = fleet
    own = log.with_name("token.jsonl")
    own.write_bytes(log.read_bytes())
    with serving(lake, own, SERVE__TOKEN="open") as url, browser.new_context(base_url=url) as context:
        context.set_default_timeout(WAIT_MS)
        tab, asked = context.new_page(), list[str]()
        tab.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.accept("open")))
        for _ in range(2):
            tab.goto("/alerts")
            tab.get_by_role("button", name="Acknowledge").first.click()
            expect(tab.get_by_text("In hand").first).to_be_visible(timeout=WAIT_MS)
    assert len(asked) == 1
    assert [type(one) for one in log_files.read(own)].count(Acknowledge) == 2


def test_from_the_fleet_to_an_acknowledged_alert_by_keyboard(page: Page, fleet: tuple[Path, Path]) -> None:
    visit(page, "/")
    page.locator(".cards").get_by_role("link", name=SICK, exact=True).press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(SICK)
    page.get_by_role("link", name="Evidence and acknowledge").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Unexplained")
    expect(page.locator("figure.chart")).to_have_count(1)
    page.get_by_role("button", name="Acknowledge").press("Enter")
    expect(page.get_by_text("in hand", exact=False).first).to_be_visible()
    expect(page.get_by_role("button", name="Acknowledge")).to_have_count(0)
    said = log_files.read(fleet[1])[-1]
    assert isinstance(said, Acknowledge)
    assert said.alert_id.startswith(f"{SICK}/")
    page.get_by_role("link", name="Fleet").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("2 units need action")
    expect(page.get_by_text("1 in hand")).to_be_visible()


def test_an_alert_is_snoozed_from_the_list(page: Page) -> None:
    visit(page, "/alerts")
    card = page.locator(".card").filter(has_text="Brush wear")
    card.get_by_label("Days to snooze").select_option("7 days")
    card.get_by_role("button", name="Snooze").click()
    expect(card).to_contain_text("Asleep until")


def test_a_limit_is_taken_in_hand_on_its_own_page(page: Page) -> None:
    visit(page, f"/units/{HOT}")
    page.get_by_role("link", name="Evidence and acknowledge").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Oil over temperature")
    expect(page.get_by_text("121.5 °C, limit 120 °C")).to_be_visible()
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_role("button", name="Acknowledge")).to_have_count(0)
    page.get_by_role("link", name=HOT).click()
    expect(page.locator(".badge")).to_have_text("In hand")


def test_a_long_list_of_alerts_goes_on_and_its_address_says_what_is_chosen(browser: Browser, tmp_path: Path) -> None:
    (log := tmp_path / served_fleet.LOG).touch()
    sink = LakeSink(tmp_path / "lake")
    hot = states(130, measurement="edu_state", units=130)
    hot.records["alerts"] = int(UnitAlert.OIL_OVER_TEMPERATURE)
    sink.write(Output(0, points=[hot], alerts=[unit_alert(unit) for unit in hot.units]))
    sink.flush(30)
    sink.close()
    with serving(tmp_path / "lake", log) as url, browser.new_context(base_url=url) as context:
        context.set_default_timeout(WAIT_MS)
        tab = context.new_page()
        tab.goto("/alerts")
        expect(tab.locator(".card")).to_have_count(100)
        expect(tab.get_by_text("100 of 130 alerts")).to_be_visible()
        tab.get_by_role("button", name="Show more").click()
        expect(tab.locator(".card")).to_have_count(130)
        expect(tab.get_by_role("button", name="Show more")).to_have_count(0)
        tab.get_by_label("Severity ").select_option("watch")
        expect(tab.locator(".card")).to_have_count(0)
        assert tab.url.endswith("/alerts?severity=watch")
        tab.goto("/alerts?show=all&severity=ticket&subject=unit-7")
        expect(tab.locator(".card")).to_have_count(1)
        expect(tab.locator(".filters select").first).to_have_value("all")
        expect(tab.get_by_label("Severity ")).to_have_value("ticket")
        tab.get_by_role("button", name="Of unit-7: show all").click()
        expect(tab.locator(".card")).to_have_count(100)
        assert tab.url.endswith("/alerts?show=all&severity=ticket")


def test_the_page_leads_to_the_dashboards_where_it_knows_them(browser: Browser, fleet: tuple[Path, Path]) -> None:
    known = {"SERVE__GRAFANA_URL": "http://grafana.example:3000/"}
    with serving(*fleet, **known) as url, browser.new_context(base_url=url) as context:
        context.set_default_timeout(WAIT_MS)
        tab = context.new_page()
        visit(tab, f"/units/{SICK}")
        at = "http://grafana.example:3000/d/edu-unit/?var-maker=bmw&var-variant=%24__all&var-unit=u000009"
        expect(tab.get_by_role("link", name="its dashboard")).to_have_attribute("href", at)
        expect(tab.get_by_role("link", name="Dashboards")).to_have_attribute("href", re.compile("/d/edu-fleet/$"))
