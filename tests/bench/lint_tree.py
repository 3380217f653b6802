# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Generate projects of any number of files, ten a role, such as people write them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

_TASKS = """\
---
- name: Install the packages of {name}
  ansible.builtin.package:
    name:
      - postfix
      - {name}
    state: present

- name: Write the settings of {name}
  ansible.builtin.template:
    src: settings.conf.j2
    dest: /etc/{name}/settings.conf
    owner: root
    group: root
    mode: "0640"
  notify: Restart {name}

- name: Open the ports of {name}
  ansible.builtin.iptables:
    chain: INPUT
    protocol: tcp
    destination_port: "{{{{ item }}}}"
    jump: ACCEPT
  loop: "{{{{ {name}_ports }}}}"

- name: See that {name} answers
  block:
    - name: Wait for the port
      ansible.builtin.wait_for:
        host: "{{{{ {name}_host }}}}"
        port: {port}
        timeout: 30
  rescue:
    - name: Say so
      ansible.builtin.fail:
        msg: Nobody answers at {name}.
"""
_DEFAULTS = """\
---
{name}_host: mail.example.net
{name}_smtp_host: relay.example.net
{name}_smtp_port: {port}
{name}_smtp_user: {name}
{name}_timeout: 110
{name}_ports:
  - 443
  - 8080
{name}_limits:
  files: 65536
  memory: 2048
  retries: 25
"""
_HANDLERS = """\
---
- name: Restart {name}
  ansible.builtin.service:
    name: {name}
    state: restarted
"""
_META = """\
---
dependencies: []
"""
_TEMPLATE = """\
# {{{{ ansible_managed }}}}
[server]
host = {{{{ {name}_host }}}}
workers = 25
{{% if {name}_smtp_user %}}
[mail]
smtp_host = {{{{ {name}_smtp_host }}}}
smtp_port = {{{{ {name}_smtp_port }}}}
smtp_starttls = true
{{% endif %}}
"""
_MAIN_CF = """\
myhostname = {name}.example.net
inet_interfaces = all
smtpd_tls_security_level = may
smtpd_tls_auth_only = yes
smtpd_tls_mandatory_protocols = >=TLSv1.2
message_size_limit = 52428800
"""
_MASTER_CF = """\
smtp       inet  n  -  y  -  1  postscreen
submission inet  n  -  y  -  -  smtpd
  -o syslog_name=postfix/{name}
  -o smtpd_tls_security_level=encrypt
  -o smtpd_sasl_auth_enable=yes
"""
_COMPOSE = """\
---
services:
  {name}:
    image: registry.example.net/{name}:1.25
    restart: unless-stopped
    ports:
      - "993:993"
      - "8080:80"
    environment:
      SMTP_HOST: relay.example.net
      SMTP_PORT: "{port}"
"""
_README = """\
# {name}

Sets up {name}. The ports 993 and {port} are open afterwards.
"""
_ROLE = {
    "tasks/main.yml": _TASKS,
    "defaults/main.yml": _DEFAULTS,
    "handlers/main.yml": _HANDLERS,
    "meta/main.yml": _META,
    "vars/main.yml": "---\n{name}_packages:\n  - postfix\n  - {name}\n",
    "templates/settings.conf.j2": _TEMPLATE,
    "files/main.cf": _MAIN_CF,
    "files/master.cf": _MASTER_CF,
    "files/compose.yml": _COMPOSE,
    "README.md": _README,
}
# One role in ten has a finding.
_PORTS = (587, 465, 993, 995, 587, 465, 993, 995, 587, 143)


def generate(folder: Path, files: int) -> None:
    """Write a project of ``files`` files, a multiple of ten, and what ansible-lint is to open."""
    folder.mkdir()
    kinds = '---\nkinds:\n  - text: "**/main.cf"\n  - text: "**/master.cf"\n'
    (folder / ".ansible-lint").write_text(kinds, encoding="utf-8")
    for path, text in _roles(files // len(_ROLE)):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")


def _roles(number: int) -> Iterator[tuple[str, str]]:
    for index in range(number):
        name, port = f"app{index:04}", _PORTS[index % len(_PORTS)]
        for file, text in _ROLE.items():
            yield f"roles/{name}/{file}", text.format(name=name, port=port)
