# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test compose files, containers and Kubernetes objects."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.postmaster.mailports.plugins.module_utils._model.policy import POLICIES
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.containers.objects import (
    is_compose,
    is_kubernetes,
)
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.engine import lint_data
from ansible_collections.postmaster.mailports.plugins.plugin_utils._lint.tree.nodes import (
    Table,
    tree_from,
)


def ports(data: Any) -> list[tuple[str, int]]:
    """Return rule and port of each finding on data."""
    return [(one.rule, one.port) for one in lint_data(data, POLICIES["rfc8314"])]


def container(**more: Any) -> dict[str, Any]:
    """Return a compose file of one container."""
    return {"services": {"a": {"image": "b", **more}}}


@pytest.mark.parametrize(
    ("mapping", "found"),
    [
        ("143:143", [143]),
        ("143", [143]),
        ("8143:143", [143]),
        ("143:8080", []),
        ("127.0.0.1:143:143", []),
        ("0.0.0.0:143:143/tcp", [143]),
        ("143:143/udp", []),
        ("[::1]:143:143", []),
        ("110-143:110-143", [110]),
        ("{{ bind }}143:143", [143]),
        ({"target": 143, "published": 143}, [143]),
        ({"target": 143, "protocol": "udp"}, []),
        ({"target": 143, "host_ip": "127.0.0.1"}, []),
    ],
)
def test_a_mapping_opens_the_port_inside(mapping: Any, found: list[int]) -> None:
    assert [port for _rule, port in ports(container(ports=[mapping]))] == found


def test_the_outer_ports_count_for_a_mail_server() -> None:
    assert ports(container(ports=["110:1110"])) == []
    assert ports(container(image="dovecot", ports=["110:1110"])) == [("deprecated-port", 110)]
    assert [port for _rule, port in ports(container(ports=["110:1110", "143:1143"]))] == [110, 143]


def test_variables_of_a_container_name_mail_themselves() -> None:
    assert ports(container(image="dovecot", environment={"PORT": 143})) == []
    environment = {"SMTP_HOST": "h.example.com", "SMTP_PORT": 25, "SMTP_USER": "u"}
    assert ports(container(environment=environment)) == [("relay-port-for-submission", 25)]


@pytest.mark.parametrize(
    ("kind", "spec", "found"),
    [
        ("Service", {"ports": [{"port": 143}]}, [143]),
        ("Service", {"ports": [{"port": 143, "targetPort": 8080}]}, []),
        ("Service", {"ports": [{"port": 143, "protocol": "UDP"}]}, []),
        ("Pod", {"containers": [{"ports": [{"containerPort": 110}]}]}, [110]),
        ("NetworkPolicy", {"ingress": [{"ports": [{"port": 110}]}]}, [110]),
        ("NetworkPolicy", {"egress": [{"ports": [{"port": 110}]}]}, []),
    ],
)
def test_an_object_of_kubernetes(kind: str, spec: Any, found: list[int]) -> None:
    data = {"apiVersion": "v1", "kind": kind, "metadata": {"name": "a"}, "spec": spec}
    assert [port for _rule, port in ports(data)] == found


def test_a_config_map_holds_files() -> None:
    data = {"main.cf": "smtpd_tls_security_level = none\nmyhostname = a\n\n"}
    found = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": data}
    assert [rule for rule, _port in ports(found)] == ["cleartext-port"]


def test_what_is_a_compose_file_and_what_an_object() -> None:
    compose, plain = tree_from(container()), tree_from({"services": {"imap": {}}})
    assert isinstance(compose, Table)
    assert isinstance(plain, Table)
    assert (is_compose(compose), is_compose(plain)) == (True, False)
    assert not is_kubernetes(plain)
