# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mail servers put together from parts, and the truth about each, computed from the parts alone.

parts: what a server can do wrong (or oddly, but right), as data, each with the rules it breaks.
pki: authorities, chains and contexts. server: plays a server on a port. truth: what a client may
and must find. generate: servers from a seed. ground: serve many, ask the product, compare.
"""
