# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test domain_check against real name servers: signed zones, a validating resolver, HTTPS.

The complete domain and its faults are those of the unit tests; here knot serves, unbound validates.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._domain.publish import (
    policy_text,
)

from tests import hosts
from tests.hosts import names
from tests.hosts.certs import Authority
from tests.integration.running import Ansible
from tests.support import complete_domain
from tests.support.complete_domain import DNS_FAULTS, INTENT, PORTS, domain, published

HERE = Path(__file__).parent
MTA_STS = "mta-sts.example.net"
PATH = "/.well-known/mta-sts.txt"
# What these need is a probe, which the complete domain has in the unit tests only.
PROBED = ("dane-mismatch", "dane-idle-record", "greeting-other-name", "mta-sts-certificate")
LONG = "x" * 4000


class Asker:
    """The process of domain_asker.py, beside the hosts."""

    def __init__(self, site: hosts.Site, machine: names.Names) -> None:
        self._common = {"ca_path": str(site.ca_file), "resolvers": [machine.resolver]}
        self._process = subprocess.Popen(
            [*site.enter, sys.executable, str(HERE / "domain_asker.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __call__(self, **request: Any) -> dict[str, Any]:
        """Return the answer to one request; a resolver that is trusted, unless it says otherwise."""
        assert self._process.stdin
        assert self._process.stdout
        whole = {**self._common, "dnssec": True, **request}
        self._process.stdin.write(json.dumps(whole) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        assert "error" not in answer, answer
        return answer

    def broken(self, **request: Any) -> set[str]:
        """Return the demands that are broken; everything that is asked must be known."""
        found = self(intent=INTENT, ports=[PORTS], **request)["outcomes"]
        assert not [one["message"] for one in found if one["outcome"] == "not_known"]
        return {one["demand"] for one in found if one["outcome"] == "broken"}

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


def zones(site: hosts.Site) -> list[names.Zone]:
    """Return the zones: the complete domain, a real one for the hosts, and those that fail."""
    rows = {**published(), **real_rows(site)}
    reverse = {key: rows.pop(key) for key in list(rows) if key.endswith(" PTR")}
    zone = names.Zone
    address = ["198.51.100.12"]
    rows |= {
        "long.example.net TXT": [LONG],
        "*.wild.example.net TXT": ["caught"],
        "alias.example.net CNAME": ["mail.example.net."],
        "loop1.example.net CNAME": ["loop2.example.net."],
        "loop2.example.net CNAME": ["loop1.example.net."],
        "ent.only.example.net A": address,
    }
    children = {
        "insecure": {"signed": False, "ds": "none"},
        "bogus": {"ds": "wrong"},
        "tcponly": {"udp": False},
        "lame": {"signed": False, "served": False, "ds": "none"},
        "dead": {"signed": False, "served": False, "ds": "none", "at": names.NOBODY},
    }
    return [
        zone("."),
        zone("net."),
        zone("example.net.", rows),
        zone("100.51.198.in-addr.arpa.", {k: v for k, v in reverse.items() if "in-addr" in k}),
        zone("8.b.d.0.1.0.0.2.ip6.arpa.", {k: v for k, v in reverse.items() if "ip6" in k}),
        *(
            zone(
                f"{name}.example.net.",
                {f"{name}.example.net A": address},
                server="children",
                **given,
            )
            for name, given in children.items()
        ),
    ]


def spki(site: hosts.Site, host: hosts.Host) -> str:
    """Return what a 3 1 1 record of a host holds, by openssl."""
    pem = Authority(site.folder / "ca").certificate(host.name).cert
    shell = f"openssl x509 -in {pem} -pubkey -noout | openssl pkey -pubin -outform DER"
    key = subprocess.run(shell, shell=True, capture_output=True, check=True).stdout
    return hashlib.sha256(key).hexdigest()


def real_intent(site: hosts.Site) -> dict[str, Any]:
    """Return an intent whose mail hosts are the real ones, below the domain real.example.net."""
    machines = list(site.hosts.values())
    return {
        "domain": "real.example.net",
        "mail_hosts": [host.name for host in machines],
        "senders": [one for host in machines for one in (host.address, host.address6)],
        "dkim": INTENT["dkim"],
        "dmarc": {"policy": "reject", "reports": "mailto:dmarc@real.example.net"},
        "mta_sts": {"mode": "enforce"},
        "tlsrpt": {"reports": "tls@real.example.net"},
        "dane": "required",
        "tlsa": {host.name: [f"3 1 1 {spki(site, host)}"] for host in machines},
    }


def real_ports(site: hosts.Site) -> list[dict[str, Any]]:
    """Return the intents of the real hosts."""
    return [
        {
            "host": host.name,
            "addresses": [host.address, host.address6],
            "services": {name: {} for name in hosts.PORTS},
        }
        for host in site.hosts.values()
    ]


def real_rows(site: hosts.Site) -> dict[str, list[str]]:
    """Return the records that the product publishes for the real hosts."""
    import ipaddress

    from ansible_collections.postmaster.mailports.plugins.module_utils._domain import (
        intent,
        publish,
    )
    from ansible_collections.postmaster.mailports.plugins.module_utils._model import (
        intent as port_intent,
    )

    meant = intent.expand(real_intent(site), [port_intent.expand(one) for one in real_ports(site)])
    rows = {f"{one.name} {one.type}": list(one.values) for one in publish.records(meant)}
    rows["mta-sts.real.example.net A"] = ["198.51.100.58"]
    for host in site.hosts.values():
        for address in (host.address, host.address6):
            key = f"{ipaddress.ip_address(address).reverse_pointer} PTR"
            rows[key] = [f"{host.name}."]
    return rows


@pytest.fixture(scope="module")
def machine(site: hosts.Site) -> Iterator[names.Names]:
    """Bring the machine of the names up."""
    with names.running(site, zones(site)) as running:
        running.serve(MTA_STS, "good", PATH, policy_text(domain()).encode())
        yield running


@pytest.fixture(scope="module")
def ask(site: hosts.Site, machine: names.Names) -> Iterator[Asker]:
    """Return the way to run domain_check's engine from the controller."""
    asker = Asker(site, machine)
    yield asker
    asker.close()


KINDS: list[tuple[str, str, str, Any]] = [
    ("example.net", "MX", "records", True),
    ("nope.example.net", "A", "nxdomain", True),
    ("example.net", "LOC", "nodata", True),
    ("only.example.net", "A", "nodata", True),
    ("insecure.example.net", "A", "records", False),
    ("tcponly.example.net", "A", "records", True),
    ("bogus.example.net", "A", "bogus", False),
    ("lame.example.net", "A", "servfail", None),
    ("dead.example.net", "A", "servfail", None),
    ("alias.example.net", "A", "records", True),
    ("loop1.example.net", "A", "servfail", None),
]


def test_each_way_to_answer_is_a_kind_of_its_own(ask: Asker) -> None:
    found = ask(ask=[[name, kind] for name, kind, _wanted, _secure in KINDS])
    seen = [(one["kind"], one["secure"]) for one in found.values()]
    assert seen == [(wanted, secure) for _name, _kind, wanted, secure in KINDS]
    assert found["alias.example.net A"]["chain"] == ["mail.example.net"]


def test_long_answers_come_by_tcp_and_wildcards_are_told(ask: Asker) -> None:
    found = ask(ask=[["long.example.net", "TXT"], ["x.wild.example.net", "TXT"]])
    long = found["long.example.net TXT"]
    assert (long["records"], long["tcp"], long["secure"]) == ([LONG], True, True)
    assert found["x.wild.example.net TXT"]["wildcard"] is True
    assert found["long.example.net TXT"]["wildcard"] is False


def test_a_resolver_that_is_not_trusted_judges_nothing(ask: Asker) -> None:
    asked = [["example.net", "MX"], ["bogus.example.net", "A"]]
    found = ask(ask=asked, dnssec=False)
    assert found["example.net MX"]["secure"] is None
    assert found["bogus.example.net A"]["kind"] == "servfail"


def test_our_own_advice_passes_our_own_check(ask: Asker) -> None:
    found = ask(intent=INTENT, ports=[PORTS])
    wrong = [
        one["message"] for one in found["outcomes"] if one["outcome"] not in ("met", "not_asked")
    ]
    assert wrong == []
    secure = {one["demand"]: one["outcome"] for one in found["outcomes"]}
    assert secure["dnssec-domain"] == secure["dane-insecure"] == "met"


@pytest.mark.parametrize("name", [name for name in DNS_FAULTS if name not in PROBED])
def test_each_fault_in_a_real_zone_breaks_its_demand(
    ask: Asker, machine: names.Names, name: str
) -> None:
    changes, others = DNS_FAULTS[name]
    machine.change(changes)
    try:
        broken = ask.broken()
    finally:
        machine.restore(changes)
    assert broken == {name, *others} - set(PROBED)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("expired", "expired"),
        ("wrong_name", "ostname mismatch|doesn't match|not valid for"),
        ("self_signed", "self.signed"),
        ("not_yet_valid", "not yet valid"),
    ],
)
def test_a_policy_behind_a_bad_certificate_is_not_taken(
    ask: Asker, machine: names.Names, kind: str, words: str
) -> None:
    import re

    body = policy_text(domain()).encode()
    machine.serve(MTA_STS, kind, PATH, body)
    try:
        found = ask(intent=INTENT, ports=[PORTS])["outcomes"]
    finally:
        machine.serve(MTA_STS, "good", PATH, body)
    (fetch,) = [one for one in found if one["demand"] == "mta-sts-fetch"]
    assert fetch["outcome"] == "broken"
    assert re.search(words, fetch["message"]), fetch["message"]
    assert {one["demand"] for one in found if one["outcome"] == "broken"} == {"mta-sts-fetch"}


@pytest.mark.parametrize(("status", "words"), [(302, "redirects are not followed"), (404, "404")])
def test_a_policy_with_another_status_is_not_taken(
    ask: Asker, machine: names.Names, status: int, words: str
) -> None:
    body = policy_text(domain()).encode()
    machine.serve(MTA_STS, "good", PATH, body, status)
    try:
        found = ask(intent=INTENT, ports=[PORTS])["outcomes"]
    finally:
        machine.serve(MTA_STS, "good", PATH, body)
    (fetch,) = [one for one in found if one["demand"] == "mta-sts-fetch"]
    assert (fetch["outcome"], words in fetch["message"]) == ("broken", True)


def test_through_ansible_names_and_real_ports_agree(
    ansible: Ansible, site: hosts.Site, machine: names.Names
) -> None:
    meant, ports = real_intent(site), real_ports(site)
    policy = complete_domain.expand(meant, [])
    machine.serve("mta-sts.real.example.net", "good", PATH, policy_text(policy).encode())
    ca = str(site.ca_file)
    asking = {"resolvers": [machine.resolver], "dnssec": True, "ca_path": ca}
    probes = [
        {"postmaster.mailports.port_info": {"host": one["host"], "ca_path": ca}} for one in ports
    ]
    check = {
        "intent": meant,
        "ports": ports,
        "endpoints": "{{ seen }}",
        "fail_on": "info",
        **asking,
    }
    joined = "{{ result_0.endpoints + result_1.endpoints }}"
    results = ansible.tasks(
        [
            *probes,
            {"ansible.builtin.set_fact": {"seen": joined}},
            {"postmaster.mailports.domain_check": check},
            {"postmaster.mailports.domain_info": {"domain": ["real.example.net"], **asking}},
        ]
    )
    judged, info = results[3], results[4]
    assert judged["compliant"], judged["msg"]
    outcomes = {(one["demand"], one["outcome"]) for one in judged["outcomes"]}
    for name in ("dane-mismatch", "mta-sts-certificate", "greeting-other-name", "srv-not-live"):
        assert (name, "met") in outcomes, name
    assert not [one for one in outcomes if one[1] in ("broken", "not_known")]
    assert info["domains"][0]["mx"]["kind"] == "records"
    assert info["domains"][0]["mta_sts"]["problem"] == ""


def test_a_renewed_certificate_that_the_dns_does_not_know_is_found(
    ansible: Ansible, site: hosts.Site, machine: names.Names
) -> None:
    meant, ports = real_intent(site), real_ports(site)
    key = "_25._tcp.mail12.example.net TLSA"
    machine.change({key: [f"3 1 1 {'00' * 32}"]})
    ca = str(site.ca_file)
    check = {
        "intent": meant,
        "ports": ports,
        "endpoints": "{{ result_0.endpoints }}",
        "resolvers": [machine.resolver],
        "dnssec": True,
        "ca_path": ca,
    }
    probe = {"host": "mail12.example.net", "services": ["smtp"], "ca_path": ca}
    try:
        results = ansible.tasks(
            [
                {"postmaster.mailports.port_info": probe},
                {"postmaster.mailports.domain_check": check},
            ]
        )
    finally:
        machine.restore({key: [f"3 1 1 {'00' * 32}"]})
    assert results[1]["failed"]
    broken = {one["demand"] for one in results[1]["outcomes"] if one["outcome"] == "broken"}
    assert {"dane-mismatch", "dane-idle-record", "dane-differs"} <= broken


def test_an_audit_holds_a_domain_beside_the_hosts(
    site: hosts.Site, machine: names.Names, tmp_path: Path
) -> None:
    """The domain that both hosts name is one row; a record that is wrong fails the gate."""
    wanted = {one["host"]: one for one in real_ports(site)}
    variables = {
        "wanted": wanted,
        "mailports_intent": "{{ wanted[inventory_hostname] }}",
        "mailports_domain": real_intent(site),
        "mailports_resolvers": [machine.resolver],
        "mailports_dnssec": True,
        # The machine may be busy with other tests.
        "mailports_timeout": 60,
        "mailports_deadline": 300,
        "mailports_audit_dir": str(tmp_path / "audit"),
        "mailports_ca_path": str(site.ca_file),
    }
    policy = policy_text(complete_domain.expand(real_intent(site), []))
    machine.serve("mta-sts.real.example.net", "good", PATH, policy.encode())
    command = ["ansible-playbook", "-i", str(site.inventory), "-e", json.dumps(variables)]
    changes = {"_dmarc.real.example.net TXT": ()}
    machine.change(changes)
    try:
        done = subprocess.run(
            [*site.enter, *command, "postmaster.mailports.audit"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_HOME": str(tmp_path / "home")},
        )
    finally:
        machine.restore(changes)
    assert done.returncode == 2, done.stdout + done.stderr
    document = json.loads((tmp_path / "audit" / "findings.json").read_text(encoding="utf-8"))
    rows = {(host["host"], host["vantage"]): host for host in document["hosts"]}
    assert ("real.example.net", "names") in rows
    found = rows["real.example.net", "names"]
    assert (found["audited"], found["compliant"]) == (True, False)
    # The tree walk finds the record of the domain above, which asks for other reports.
    assert {one["rule"] for one in found["findings"]} == {"dmarc-differs"}
    page = (tmp_path / "audit" / "report.html").read_text(encoding="utf-8")
    assert "dmarc-differs" in page
