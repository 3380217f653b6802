# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test the HTML report in a real browser: what it shows, how it is used, and in which pieces."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._audit.document import document
from ansible_collections.postmaster.mailports.plugins.module_utils._audit.drift import with_drift
from ansible_collections.postmaster.mailports.plugins.module_utils._audit.waivers import (
    Waiver,
    with_waivers,
)
from playwright.sync_api import Page, expect

from tests.report import audits, packages
from tests.report.conftest import Open

# A millisecond passes whenever the page looks at its clock, which it does after each piece of its
# work; and how many rows of the matrix each task draws is kept.
COUNTED_CLOCK = """
let clock = 0;
performance.now = () => ++clock;
window.rowsDrawn = [];
new MutationObserver((records) => window.rowsDrawn.push(records
  .flatMap((record) => [...record.addedNodes])
  .filter((node) => node.matches?.(".row:not(.head)")).length))
  .observe(document, {childList: true, subtree: true});
"""
# A slice of core.js is 10 ms long and ends with the piece in which that time is over.
PIECES_A_TASK = 11
PHONE = {"viewport": {"width": 390, "height": 844}}
WAIVER = Waiver("port-open", "until January", "ops", "2027-01-31")


def small() -> dict[str, Any]:
    """Return an audit with a waiver and with drift."""
    audit = with_waivers(audits.small(), [WAIVER])
    before = document([audits.result("bad.example.net"), audits.GONE], audits.EARLIER)
    return with_waivers(with_drift(before, audit), [WAIVER])


def cell(page: Page, host: str, service: str) -> Any:
    """Return a cell of the matrix."""
    row = page.locator(".row", has=page.locator(".host .name", has_text=re.compile(f"^{host}$")))
    return row.locator(f"[aria-label^='{service}:']")


def test_the_verdict_and_the_changes_come_first(show: Open) -> None:
    page = show(small()).page
    assert page.title() == f"Mail ports: not as intended, {audits.NOW}"
    expect(page.locator("h1")).to_have_text("Not as intended")
    expect(page.locator(".lead")).to_contain_text("1 of 3 hosts as intended, 1 not audited")
    changes = page.locator(".changes li").all_text_contents()
    assert len(changes) >= 4
    assert any("drift" in one and "drift-port-opened" in one for one in changes)
    titles = page.locator("h2:visible").all_text_contents()
    assert titles == [
        "Changed since the last audit",
        "Hosts and services",
        "Certificates, days left",
        "Findings",
    ]


def test_the_matrix_says_each_verdict_by_letter_and_in_words(show: Open) -> None:
    page = show(with_waivers(audits.small(), [WAIVER])).page
    bad = "bad.example.net"
    for service, letter, words in (
        ("smtp", "OK", "smtp: OK, open, as intended"),
        ("pop3", "C", "pop3: C, closed, as intended"),
        ("submission", "E", "submission: E, open, error, 1 finding"),
        ("imap", "A", "imap: A, closed, waived, 1 finding"),
    ):
        one = cell(page, bad, service)
        expect(one).to_have_text(letter)
        expect(one).to_have_attribute("aria-label", words)
    expect(cell(page, "gone.example.net", "imaps")).to_have_attribute(
        "aria-label", "imaps: not audited"
    )


@pytest.mark.parametrize(
    ("field", "choice", "hosts", "findings"),
    [
        ("#f-rule", "login-before-tls", ["bad.example.net"], 1),
        ("#f-severity", "not probed", ["gone.example.net"], 1),
        ("#f-severity", "waived", ["bad.example.net"], 1),
        ("#f-cause", "authentication issue", ["bad.example.net"], 1),
        ("#f-service", "imaps", ["gone.example.net", "bad.example.net", "good.example.net"], 1),
    ],
)
def test_filters(show: Open, field: str, choice: str, hosts: list[str], findings: int) -> None:
    opened = show(with_waivers(audits.small(), [WAIVER]))
    opened.page.select_option(field, label=choice)
    opened.settle()
    assert opened.shown() == hosts
    assert opened.page.locator("#findings .finding").count() == findings
    of = "3 hosts" if len(hosts) == 3 else f"{len(hosts)} of 3 hosts"
    expect(opened.page.locator("#count")).to_have_text(f"{of}, 1 finding")
    opened.page.click("#f-reset")
    expect(opened.page.locator("#count")).to_have_text(re.compile("^3 hosts"))
    opened.settle()
    assert len(opened.shown()) == 3


def test_the_host_filter_takes_a_part_of_the_name_and_waits_for_the_typist(show: Open) -> None:
    opened = show(audits.small())
    opened.page.fill("#f-host", "GOOD")
    expect(opened.page.locator("#count")).to_have_text("1 of 3 hosts, 0 findings")
    opened.settle()
    assert opened.shown() == ["good.example.net"]
    expect(opened.page.locator("#findings")).to_have_text("No finding passes the filters.")


def test_sorting(show: Open) -> None:
    opened = show(audits.large(40))
    worst = opened.shown()
    opened.page.select_option("#f-sort", "name")
    opened.settle()
    assert opened.shown() == sorted(worst)
    assert worst != sorted(worst)
    opened.page.select_option("#f-sort", "days")
    opened.settle()
    days = opened.page.locator(".row:not(.head) .days").all_text_contents()
    assert [int(one) for one in days] == sorted(int(one) for one in days)


def test_the_vantage_filter_appears_with_several_vantages(show: Open) -> None:
    hosts = [audits.result("m.example.net", vantage=name) for name in ("inside", "outside")]
    opened = show(document(hosts, audits.NOW))
    assert opened.shown() == ["m.example.net from inside", "m.example.net from outside"]
    opened.page.select_option("#f-vantage", "outside")
    opened.settle()
    assert opened.shown() == ["m.example.net from outside"]


def test_the_matrix_by_keyboard(show: Open) -> None:
    page = show(audits.small()).page
    stops = page.locator("#matrix [tabindex='0']")
    expect(stops).to_have_count(1)
    stops.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    focused = page.locator("#matrix :focus")
    expect(focused).to_have_attribute("aria-label", "submission: E, open, error, 1 finding")
    expect(stops).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator("#d-title")).to_have_text("bad.example.net, submission")
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).not_to_be_visible()
    expect(focused).to_have_attribute("aria-label", "submission: E, open, error, 1 finding")
    page.keyboard.press("Control+End")
    expect(focused).to_have_class(re.compile("days"))
    page.keyboard.press("Home")
    expect(focused).to_have_attribute("role", "rowheader")
    page.keyboard.press("PageUp")
    expect(focused.locator(".name")).to_have_text("gone.example.net")


def test_all_controls_are_reached_by_tab_in_the_order_of_the_page(show: Open) -> None:
    page = show(audits.small()).page
    reached = []
    for _stop in range(14):
        page.keyboard.press("Tab")
        what = "(e) => e.id || e.className || e.getAttribute('role') || e.tagName"
        reached.append(page.locator(":focus").evaluate(what))
    fields = [f"f-{name}" for name in ("host", "service", "rule", "severity", "cause", "sort")]
    wanted = ["skip", "theme", *fields, "f-reset", "host", "SUMMARY"]
    assert [one for one in reached if one in wanted][: len(wanted)] == wanted


def test_an_endpoint_with_timeline_certificate_finding_and_fix(show: Open) -> None:
    page = show(audits.small()).page
    cell(page, "bad.example.net", "submission").click()
    body = page.locator("#d-body")
    expect(body.locator(".finding h4")).to_have_text("login-before-tls")
    for words in ("authentication issue", "RFC 8314", "smtpd_tls_auth_only"):
        expect(body.locator(".finding")).to_contain_text(words)
    body.locator(".fix summary").click()
    expect(body.locator("pre")).to_contain_text("name: postmaster.mailports.postfix")
    steps = body.locator(".timeline .step").all_text_contents()
    assert steps == [step.replace("_", " ") for step in audits.STEPS]
    widths = body.locator(".timeline .span").evaluate_all(
        "(all) => all.map((one) => one.getBoundingClientRect())"
    )
    for before, after in zip(widths, widths[1:], strict=False):
        assert abs(before["right"] - after["left"]) < 3, "each begins where the one before ended"
    expect(body).to_contain_text("CN=Test CA")
    expect(body).to_contain_text("in 90 days")


def test_a_host_that_was_not_audited_says_why(show: Open) -> None:
    page = show(audits.small()).page
    page.locator(".row.lost .host").click()
    expect(page.locator("#d-body")).to_contain_text("Not audited. timed out")


def test_the_chart_of_days_left_and_its_table(show: Open) -> None:
    opened = show(audits.large(60))
    chart = opened.page.locator("#chart svg")
    expect(chart).to_have_attribute("aria-label", re.compile("60 hosts by days left"))
    assert opened.page.locator("#chart .bar.warning").count() == 1
    opened.page.locator("#cert-list summary").click()
    days = opened.page.locator("#cert-table td.number").all_text_contents()
    assert days == sorted(days, key=int)
    assert len(days) == 25
    opened.page.locator("#cert-table button", has_text="Show all 60").click()
    expect(opened.page.locator("#cert-table tbody tr")).to_have_count(60)


def background(page: Page) -> str:
    """Return the colour behind the page."""
    colour: str = page.evaluate("getComputedStyle(document.body).backgroundColor")
    return colour


def test_light_and_dark_follow_the_system_until_they_are_chosen(show: Open) -> None:
    light = background(show(small(), color_scheme="light").page)
    page = show(small(), color_scheme="dark").page
    dark = background(page)
    assert light != dark
    for choice, colour in (("light", light), ("dark", dark), ("", dark)):
        page.select_option("#theme", choice)
        assert background(page) == colour


def test_a_chosen_theme_is_remembered(show: Open) -> None:
    page = show(small(), color_scheme="light").page
    light = background(page)
    page.select_option("#theme", "dark")
    dark = background(page)
    page.reload()
    assert background(page) == dark != light
    assert page.input_value("#theme") == "dark"
    page.select_option("#theme", "")
    page.reload()
    assert background(page) == light


def test_on_a_phone_nothing_is_wider_than_the_screen(show: Open) -> None:
    page = show(audits.hostile(), **PHONE).page
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator(".row:not(.head) .host").first.click()
    assert page.evaluate("document.querySelector('dialog').scrollWidth") <= 390


def test_on_paper_everything_is_there(show: Open) -> None:
    opened = show(audits.large(60))
    page = opened.page
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    assert page.locator(".row:not(.head)").count() == 60
    for hidden in (".filters", ".theme", "#keys"):
        expect(page.locator(hidden)).not_to_be_visible()
    assert background(page) == "rgb(255, 255, 255)"
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("#findings details[open]").count() == 0
    printed = page.pdf(format="A4")
    assert printed.startswith(b"%PDF-")
    assert printed.count(b"/Type /Page\n") > 2


@pytest.mark.skipif(packages.obstacle() is not None, reason=packages.obstacle() or "never")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_no_violation(show: Open, scheme: str, width: int) -> None:
    opened = show(small(), color_scheme=scheme, viewport={"width": width, "height": 900})
    page = opened.page
    page.evaluate(packages.fetched(packages.AXE).read_text(encoding="utf-8"))
    for details in page.locator("details > summary:visible").all():
        details.click()
    assert violations(page) == []
    page.select_option("#f-rule", "login-before-tls")
    opened.settle()
    assert violations(page) == []
    page.locator(".row.bad .host").click()
    assert violations(page) == []


def violations(page: Page) -> list[tuple[str, str]]:
    """Return what axe-core has against the page: rule and element."""
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [(one["id"], node["html"][:200]) for one in found["violations"] for node in one["nodes"]]


def test_hostile_text_stays_text(show: Open) -> None:
    opened = show(audits.hostile())
    page = opened.page
    for host in page.locator(".row:not(.head) .host").all()[:6]:
        host.click()
        page.keyboard.press("Escape")
    assert page.evaluate("window.owned") is None
    assert page.locator("script").count() == 2
    assert page.locator("img, iframe, object, link, body style").count() == 0
    assert "<script>window.owned=1</script>" in page.locator("body").inner_text()


def test_markup_cannot_be_made_from_text_at_all(show: Open) -> None:
    opened = show(small())
    refused = "(() => { try { document.body.innerHTML = 'x'; } catch (e) { return e.name; } })()"
    assert opened.page.evaluate(refused) == "TypeError"
    opened.complaints.clear()


def test_without_scripts_the_verdict_is_there(show: Open, browser: Any, tmp_path: Any) -> None:
    show(small())
    page = browser.new_page(java_script_enabled=False)
    page.goto((tmp_path / "report0.html").as_uri())
    expect(page.locator("h1")).to_have_text("Not as intended")
    expect(page.locator("noscript p")).to_contain_text("report.txt")
    expect(page.locator("#matrix")).not_to_be_visible()
    page.close()


def test_four_thousand_endpoints_are_drawn_in_small_pieces(show: Open) -> None:
    audit = audits.large()
    assert sum(len(host["observations"]) for host in audit["hosts"]) == 4000
    opened = show(audit, COUNTED_CLOCK)
    page = opened.page
    assert len(opened.shown()) == 500
    for act, count, *given in (
        (page.select_option, r"^\d\d of 500 hosts", "#f-rule", "login-before-tls"),
        (page.click, "^500 hosts", "#f-reset"),
        (page.fill, r"^\d+ of 500 hosts", "#f-host", "7"),
        (page.select_option, r"^\d+ of 500 hosts", "#f-sort", "days"),
    ):
        act(*given)
        expect(page.locator("#count")).to_have_text(re.compile(count))
        opened.settle()
    drawn = page.evaluate("window.rowsDrawn")
    assert sum(drawn) > 500
    assert max(drawn) <= PIECES_A_TASK


def test_a_few_certificates_have_their_names_beside_their_bars(show: Open) -> None:
    opened = show(small())
    rows = opened.page.locator("#chart .named li")
    assert rows.locator("button").all_text_contents() == ["bad.example.net", "good.example.net"]
    assert rows.locator(".number").all_text_contents() == ["90 days", "90 days"]
    rows.nth(1).locator("button").click()
    expect(opened.page.locator("#d-title")).to_have_text("good.example.net")
    many = show(audits.large(20)).page
    assert many.locator("#chart svg").count() == 1
    assert many.locator("#chart .named").count() == 0


def test_clauses_lead_to_the_sections_of_their_rfcs(show: Open) -> None:
    page = show(small()).page
    links = page.locator(".finding[data-rule='login-before-tls'] .why a")
    assert [link.get_attribute("href") for link in links.all()] == [
        "https://www.rfc-editor.org/rfc/rfc8314#section-3.3",
        "https://www.rfc-editor.org/rfc/rfc8314#section-4.1",
        "https://www.rfc-editor.org/rfc/rfc4954#section-4",
    ]


def test_the_name_of_a_rule_leads_to_its_findings(show: Open) -> None:
    """From a change, from a card and from the dialog."""
    opened = show(small())
    page = opened.page
    page.locator(".changes code button", has_text="drift-port-opened").first.click()
    opened.settle()
    assert page.locator("#findings .finding h3").all_text_contents() == ["drift-port-opened"]
    page.click("#f-reset")
    cell(page, "bad.example.net", "submission").click()
    page.locator("dialog h4 button", has_text="login-before-tls").first.click()
    opened.settle()
    expect(page.locator("dialog")).to_be_hidden()
    assert page.locator("#findings .finding h3").all_text_contents() == ["login-before-tls"]
    assert page.input_value("#f-rule") == "login-before-tls"


def test_a_phone_shows_the_matrix_before_the_filters(show: Open) -> None:
    opened = show(small(), **PHONE)
    expect(opened.page.locator("#filters")).to_be_hidden()
    opened.page.locator("#filter-box summary").click()
    opened.page.select_option("#f-rule", label="port-open")
    opened.settle()
    assert opened.shown() == ["bad.example.net"]
    wide = show(small()).page
    expect(wide.locator("#filters")).to_be_visible()
    expect(wide.locator("#filter-box summary")).to_be_hidden()


def test_a_long_name_goes_on_with_its_underscore(show: Open) -> None:
    page = show(small()).page
    head = page.locator(".head .col", has_text="2525").locator(".name")
    expect(head).to_have_text("submission_alt")
    assert head.inner_html() == "submission<wbr>_alt"


def test_each_endpoint_shows_what_was_demanded_of_it(show: Open) -> None:
    audit = small()
    page = show(audit).page
    expect(page.locator(".sum")).to_have_text(re.compile(r"^\d+ demands: \d+ met, \d+ broken, "))
    cell(page, "bad.example.net", "submission").click()
    box = page.locator("dialog .demanded")
    expect(box.locator("summary")).to_have_text(re.compile("^[0-9]+ demands?: .*1 broken"))
    first = box.locator("li").first
    expect(first).to_be_visible()
    expect(first.locator(".badge")).to_have_text("broken")
    expect(first).to_contain_text("login-before-tls")
    assert "met" in box.locator(".badge").all_text_contents()
