# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Words of keys: those that close a port, open it in a firewall, probe it, or hold its number."""

from __future__ import annotations

from .sets import word_set

# What stands below these words is closed, or about other traffic.
DENIED = word_set(
    "deny denied drop dropped reject rejected block blocked closed close disabled forbidden banned "
    "ban blacklist blocklist jail jails absent removed remove egress outbound outgoing "
    "unused exclude excluded ignore ignored udp"
)
# Services other than mail that have ports of their own.
OTHER = word_set(
    "http https web db database mysql mariadb postgres postgresql ldap ldaps redis metrics "
    "exporter ssh sshd api clamav clamd rspamd milter lmtp sieve managesieve memcached ntp snmp "
    "ftp telnet dns timeout rabbitmq amqp mqtt kafka spamd amavis policy"
)
FILTERS = word_set(
    "firewall ufw firewalld iptables ip6tables nftables nft fw allow allowed open opened ingress "
    "inbound securitygroup secgroup nsg shorewall ferm csf accept permitted public incoming"
)
FORWARDING = word_set(
    "forward forwards forwarding forwarded portforward portforwards redirect redirects nat dnat "
    "fwd portfwd rdr mapping mappings"
)
PORT_LIKE = frozenset(("port", "ports", "dport", "dports", "dpt", "toport", "localport"))
# Words that may follow "port" in the key of a port. Of a range only the first end is judged.
ENDS = frozenset(("number", "default", "tcp", "range", "ranges", "min", "from"))
TITLES = (
    "name",
    "service",
    "comment",
    "description",
    "title",
    "id",
    "app",
    "desc",
    "label",
    "type",
    "notification_type",
)
# By their words, so that IpProtocol is the same as ip_protocol.
PROTOCOL_KEYS = (("proto",), ("protocol",), ("protocols",), ("ip", "protocol"))
STATES = word_set(
    "absent closed stopped disabled drained deny reject drop block removed refused filtered "
    "unreachable outbound egress out outgoing comment commented ignore"
)
STATE_KEYS = (
    "state", "rule", "action", "jump", "policy", "target", "verdict", "access", "reach", "direction"
)  # fmt: skip
# Programs that connect to ports which something else opens.
PROBING = word_set(
    "monitor monitors monitoring check checks nagios icinga icinga2 zabbix probe probes prober "
    "healthcheck healthchecks uptime blackbox gatus monit telegraf netdata sensu"
)
TARGETS = word_set("target targets endpoints hosts servers backends upstreams listen listeners")
ENDPOINT_KEYS = word_set(
    "host hostname server address addr smarthost relayhost relay url uri endpoint dsn backend "
    "upstream hostport target smtp imap pop3 bind listen transport mx"
)
BINDING = frozenset(("listen", "bind", "listener", "publish", "published", "expose", "exposed"))
LISTENING = word_set("listen bind listener address addr")
