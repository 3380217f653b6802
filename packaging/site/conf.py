# Copyright: (c) 2026, postmaster.mailports contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of Sphinx for the documentation site; scripts/build_docs.py lays out what it reads."""

from __future__ import annotations

import os

project = "postmaster.mailports"
project_copyright = "postmaster.mailports contributors, GPL-3.0-or-later"
release = version = os.environ["MAILPORTS_VERSION"]
extensions = ["myst_parser", "sphinx_antsibull_ext"]
source_suffix = {".rst": "restructuredtext", ".md": "markdown"}
# As code hosts make anchors of headings, which the pages are written for.
myst_heading_anchors = 4
myst_enable_extensions = ["attrs_inline", "html_image"]
highlight_language = "text"
# Its colours come from those of the theme, see site.css, so that they follow its light and dark.
antsibull_ext_color_scheme = "none"
# Roles and modules of other collections have no page here.
nitpicky = False
html_theme = "furo"
html_title = f"postmaster.mailports {release}"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_last_updated_fmt = None
pygments_style = "friendly"
pygments_dark_style = "github-dark"
templates_path: list[str] = []
