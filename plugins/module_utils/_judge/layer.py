# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Name the layer at fault: configuration, service, host firewall or network path; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Optional

from .._model.demand import Answer, known, moot, unknown
from .._model.host_view import ALL_IPV6, Configured, Holder, HostView, covers
from .._model.observation import FILTERED, REFUSED, UNREACHABLE, Observation
from .._model.rules import INCORRECT_PORT_SETTINGS, PORT_BLOCKING
from .._model.servers import ADDRESSES, serving, title_of, titles, words_for

CONFIGURATION = "configuration"
SERVICE = "service"
HOST_FIREWALL = "host_firewall"
NETWORK_PATH = "network_path"
# What the probe and the host say does not tell the two apart.
EITHER = "host_firewall_or_network_path"
LAYERS = (CONFIGURATION, SERVICE, HOST_FIREWALL, NETWORK_PATH, EITHER)


@dataclass(frozen=True)
class Verdict:
    """The layer, "" for not known, and why; ``cause`` and ``remedy`` "" leave the finding's."""

    layer: str
    why: str
    cause: str = ""
    remedy: str = ""


def locate(own: Observation, view: HostView) -> Verdict:
    """Return the layer that keeps ``own`` from being reached as intended, by what the host says."""
    entries = [one for one in view.configured if one.port == own.port]
    unread = [one.name for one in view.servers if one.error and one.name in serving(own.protocol)]
    here = [one for one in entries if covers(one.address, own.address)]
    holders = _holding(view.holders, own) if view.holders is not None else None
    if not here:
        if unread:
            return Verdict("", f"the configuration of {titles(unread)} could not be read")
        return _not_configured(entries, holders, own, view)
    server = title_of(here[0].server)
    where = f"configured in {server}, {here[0].source.words()}"
    if not any(one.protocol == own.protocol for one in here):
        return Verdict(
            CONFIGURATION,
            f"{where}, for {here[0].protocol} instead of {own.protocol}",
            INCORRECT_PORT_SETTINGS,
            f"Take the port away from this listener of {server}, and give it to the intended "
            "service.",
        )
    if holders is None:
        return Verdict("", f"{where}; which process listens on the host could not be read")
    if not holders:
        return Verdict(
            SERVICE,
            f"{where}, but nothing listens on port {own.port}",
            INCORRECT_PORT_SETTINGS,
            f"Start or restart {server} on the host, and check its log to see why it does not "
            "listen.",
        )
    return _held(own, view, here, holders, where)


def loaded(own: Observation, view: HostView) -> Answer:
    """Return whether every certificate that a server shows stands in the files that it is told to
    serve. Where one does not, it was mostly renewed, and nobody has told the server."""
    if own.certificate is None:
        return unknown("the certificate could not be read", "certificate-unreadable")
    here = [
        one
        for one in view.configured
        if one.port == own.port
        and one.protocol == own.protocol
        and covers(one.address, own.address)
    ]
    unread = [one.name for one in view.servers if one.error and one.name in serving(own.protocol)]
    if not here:
        if unread:
            return unknown(f"the configuration of {titles(unread)} could not be read", "not-known")
        return moot("no mail server that was read is configured for this port")
    names = titles(sorted({one.server for one in here}))
    if not all(one.certificates for one in here):
        return unknown(
            f"which certificates {names} is configured to serve is not known", "not-known"
        )
    ours = {digest for one in here for digest in one.certificates}
    shown = [own.certificate, *(row["certificate"] for row in own.served if "certificate" in row)]
    strange = [one for one in shown if one["sha256"] not in ours]
    words = "; ".join(
        f"{one['subject']}, valid until {one['not_after'][:10]}, SHA-256 {one['sha256'][:16]}"
        for one in strange
    )
    return known(not strange, words, words or f"in the files of {names}")


def _not_configured(
    entries: Sequence[Configured],
    holders: Optional[Sequence[Holder]],
    own: Observation,
    view: HostView,
) -> Verdict:
    if entries:
        places = ", ".join(f"{one.address} ({one.source.words()})" for one in entries)
        return Verdict(
            CONFIGURATION,
            f"configured for {places} only, not for {own.address}",
            INCORRECT_PORT_SETTINGS,
            f"Have the listener listen on this address as well ({words_for(ADDRESSES)}).",
        )
    held = f"; {_names(holders)} holds port {own.port}" if holders else ""
    return Verdict(
        CONFIGURATION,
        f"not configured: {_nobody(own.protocol, view)} listener for port {own.port}{held}",
        INCORRECT_PORT_SETTINGS,
        "Configure the listener on the host, or set state: closed in the intent.",
    )


def _nobody(protocol: str, view: HostView) -> str:
    """Return the start of a sentence: that no server of the host that could has a ..."""
    there = [one.name for one in view.servers if one.found and one.name in serving(protocol)]
    names = [title_of(name) for name in there or serving(protocol)]
    return f"neither {' nor '.join(names)} has a" if len(names) > 1 else f"{names[0]} has no"


def _held(
    own: Observation,
    view: HostView,
    here: Sequence[Configured],
    holders: Sequence[Holder],
    where: str,
) -> Verdict:
    """Judge a port that is configured and held."""
    expected = {one.server for one in here}
    # Who could not be seen may well be the server.
    strangers = [one for one in holders if one.pid and one.server not in expected]
    if strangers:
        return Verdict(
            SERVICE,
            f"{where}, but {_names(strangers)} holds port {own.port}",
            INCORRECT_PORT_SETTINGS,
            f"Stop and disable whatever holds the port, then restart {title_of(here[0].server)}.",
        )
    if all(one.proxied for one in here):
        return Verdict(
            CONFIGURATION,
            f"{where}, but only for a proxy (it expects the PROXY protocol)",
            INCORRECT_PORT_SETTINGS,
            "Connect through the proxy, or give clients a listener without the PROXY protocol.",
        )
    listening = f"{where}, and {_names(holders)} listens on the host"
    if own.reach not in (REFUSED, FILTERED, UNREACHABLE):
        return Verdict(SERVICE, listening)
    layer, reason = _filter(own, view)
    return Verdict(
        layer,
        f"{listening}, but port {own.port} is {own.reach} from here: {reason}",
        PORT_BLOCKING,
        _OPEN[layer],
    )


_OPEN = {
    HOST_FIREWALL: "Open this port in the host's own firewall.",
    NETWORK_PATH: "Open this port between here and the host: in the provider's firewall, a router, "
    "or this network's own outgoing firewall. The host itself lets it in.",
    EITHER: "Open this port in the host's firewall; if it is open there, in its provider's and on "
    "the way from here.",
}


def _filter(own: Observation, view: HostView) -> tuple[str, str]:
    """Tell the host's own firewall from one on the way."""
    if view.firewall.blocks:
        return HOST_FIREWALL, f"the host's {view.firewall.detail}"
    if view.firewall.blocks is False:
        return NETWORK_PATH, f"on the host {view.firewall.detail}"
    return EITHER, view.firewall.detail or "the host's packet filter could not be read"


def _holding(holders: Iterable[Holder], own: Observation) -> list[Holder]:
    """Return those that take connections to the address."""
    return [one for one in holders if one.port == own.port and _takes(one, own.address)]


def _takes(holder: Holder, address: str) -> bool:
    """The servers of the table open a socket for each family; others may serve both by one."""
    if covers(holder.address, address):
        return True
    return holder.address == ALL_IPV6 and not holder.server


def _names(holders: Sequence[Holder]) -> str:
    return " and ".join(sorted({one.words() for one in holders}))
