# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test what each place gives: redirects, sites that answer anything, errors, and bounds."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._client import places
from ansible_collections.postmaster.mailports.plugins.module_utils._domain.question import (
    SERVFAIL,
    TIMEOUT,
    Answer,
    Fetch,
    Fetched,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.clients import DOMAIN, World, served

AUTOCONFIG = f"https://autoconfig.{DOMAIN}/mail/config-v1.1.xml"
ELSEWHERE = "https://files.example.org/config.xml"


def look(answer: Any, **rows: Any) -> places.Look:
    """Return what came of the first place, where it gives this answer."""
    world = World()
    world.rows[AUTOCONFIG] = answer
    world.rows["files.example.org A"] = ["198.51.100.70"]
    world.rows.update(rows)
    return world.look().looks["autoconfig"]


def redirect(location: str, status: int = 302) -> Fetched:
    return Fetched(status=status, location=location)


def test_all_places_of_a_complete_domain() -> None:
    seen = World().look()
    assert {name: one.state for name, one in seen.looks.items()} == {
        "autoconfig": "served",
        "autoconfig-well-known": "served",
        "autoconfig-http": "missing",
        "autoconfig-well-known-http": "missing",
        "autodiscover-domain": "served",
        "autodiscover": "served",
        "autodiscover-http": "missing",
        "pacc": "served",
    }
    assert all(one.document and not one.document.problems for one in seen.served())


@pytest.mark.parametrize(
    ("answer", "state", "words"),
    [
        (Fetched(status=404), "missing", "answers 404"),
        (Fetched(status=401), "missing", "answers 401"),
        (Fetched(status=500), "unknown", "answers 500"),
        (Fetched(status=429), "unknown", "answers 429"),
        (Fetched(problem="refused", detail="port 443 is closed"), "missing", "closed"),
        (Fetched(problem="timeout", detail="nothing came"), "unknown", "nothing came"),
        (Fetched(problem="connect", detail="no route"), "unknown", "no route"),
        (Fetched(problem="certificate", detail="expired"), "broken", "HTTPS fails: expired"),
        (Fetched(problem="tls", detail="alert"), "broken", "HTTPS fails: alert"),
        (Fetched(problem="protocol", detail="bad"), "unknown", "bad"),
        (served(b"<html/>", "text/html; charset=utf-8"), "missing", "a page for people"),
        (served(b"x" * 99, too_long=True), "broken", "longer than 64 KiB"),
        (redirect(""), "broken", "no address of a document"),
        (redirect("ftp://files.example.org/"), "broken", "no address of a document"),
        (redirect("https://files.example.org:8443/"), "broken", "no address of a document"),
        (redirect(f"{AUTOCONFIG}?emailaddress=postmaster@{DOMAIN}"), "broken", "in a circle"),
    ],
)
def test_what_a_place_gives(answer: Fetched, state: str, words: str) -> None:
    found = look(answer)
    assert found.state == state
    assert words in found.why


def test_a_redirect_is_followed_and_told() -> None:
    good = World().rows[AUTOCONFIG]
    found = look(redirect(ELSEWHERE), **{ELSEWHERE: good})
    assert found.state == "served"
    assert [hop.partition("?")[0] for hop in found.hops] == [AUTOCONFIG, ELSEWHERE]


def test_redirects_have_an_end() -> None:
    chain = {
        f"https://files.example.org/{n}": redirect(f"https://files.example.org/{n + 1}")
        for n in range(50)
    }
    found = look(redirect("https://files.example.org/0"), **chain)
    assert (found.state, found.why) == ("broken", "it redirects too often")
    assert len(found.hops) == places.REDIRECTS + 2


def test_a_host_without_an_address_and_one_that_nobody_knows() -> None:
    world = World()
    del world.rows[f"autoconfig.{DOMAIN} CNAME"]
    assert world.look().looks["autoconfig"].state == "missing"
    for kind in (SERVFAIL, TIMEOUT):
        for family in ("A", "AAAA"):
            world.rows[f"autoconfig.{DOMAIN} {family}"] = Answer(kind)
        assert world.look().looks["autoconfig"].state == "unknown"


def test_a_content_type_that_programs_do_not_read_is_a_problem() -> None:
    good = World().rows[AUTOCONFIG]
    found = look(served(good.body, "application/octet-stream"))
    assert found.document is not None
    assert "content type is application/octet-stream" in found.document.problems[0]


def test_a_silent_port_80_is_as_good_as_a_closed_one() -> None:
    silent = Fetched(problem="timeout", detail="nothing came", silent=True)
    world = World()
    for url in (AUTOCONFIG, AUTOCONFIG.replace("https:", "http:")):
        world.rows[url] = silent
    seen = world.look().looks
    assert (seen["autoconfig"].state, seen["autoconfig-http"].state) == ("unknown", "missing")


def test_exchange_asks_for_a_login() -> None:
    world = World()
    world.rows[f"https://autodiscover.{DOMAIN}/autodiscover/autodiscover.xml"] = Fetched(status=401)
    assert "as Exchange does" in world.look().looks["autodiscover"].why


@pytest.mark.parametrize(
    ("exchange", "asked"),
    [
        ("mx.provider.example.", "autoconfig.provider.example"),
        ("mx.example.net.", None),
        ("mx.", None),
    ],
)
def test_the_provider_behind_the_mx_record_is_asked(exchange: str, asked: Any) -> None:
    world = World()
    world.rows[f"{DOMAIN} MX"] = [(10, exchange.rstrip("."))]
    found = world.look().looks.get("autoconfig-mx")
    assert (found.place.fetch.host if found else None) == asked


def test_profiles_are_looked_at_where_they_are_named() -> None:
    world = World(urls=(f"https://autoconfig.{DOMAIN}/email.mobileconfig", "not an address"))
    world.rows[f"https://autoconfig.{DOMAIN}/email.mobileconfig"] = Fetched(status=404)
    seen = world.look().looks
    assert [name for name in seen if name.startswith("mobileconfig")] == ["mobileconfig-0"]


def test_what_is_seen_is_plain_data() -> None:
    found = World().look().to_dict()
    first = found["places"][0]
    assert first["place"] == "autoconfig"
    assert first["document"]["servers"][0]["logins"] == ["plain"]


@given(st.text(max_size=60))
def test_no_address_raises(text: str) -> None:
    for url in (text, f"https://{text}", f"https://files.example.org/{text}"):
        found = places.fetch_of(url)
        assert found is None or isinstance(found, Fetch)
