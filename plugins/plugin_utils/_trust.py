# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the server says is data, never a template, on every version of Ansible. Private to the collection.

Text that can't be a template is plain text on every version: inventory imports of automation platforms store a wrapper around each
other one as a dictionary, and then neither search nor compare it.
"""

from __future__ import annotations

import functools
import re
import typing as t

import ansible.template

# Since ansible-core 2.19 only text with a tag is a template, and ansible-inventory wraps what has none.
HAS_DATA_TAGGING = hasattr(ansible.template, "trust_as_template")

# Braces and hashes begin a template. "#jinja2:" and the options of the template module can give other delimiters, which are pairs of signs.
_POSSIBLY_TEMPLATE = re.compile(r"[{#]|[^\w\s.,:;/\\'\"-]{2}")


def could_be_template(text: str) -> bool:
    """Whether some setting or other could make a template of a text."""
    return _POSSIBLY_TEMPLATE.search(text) is not None


if not HAS_DATA_TAGGING:
    from ansible.utils.unsafe_proxy import wrap_var

    @functools.lru_cache(maxsize=65536)
    def _inert(text: str) -> str:
        """Names of jobs, servers and verdicts are the same for thousands of hosts."""
        return t.cast("str", wrap_var(text)) if could_be_template(text) else text

    def never_template(value: t.Any) -> t.Any:
        """The value with every text in it that could be a template made inert; all other text stays plain."""
        if value.__class__ is str:
            return _inert(value)
        if isinstance(value, dict):
            return {never_template(key): never_template(item) for key, item in value.items()}
        if isinstance(value, list):
            return [never_template(item) for item in value]
        if isinstance(value, str) and could_be_template(value):
            return wrap_var(value)
        return value

    host_variable = never_template

    def composed_variable(value: t.Any) -> t.Any:
        """What an expression of the inventory file gave, as it is."""
        return value

    def render(templar: t.Any, template: str, *, is_text: bool = True) -> t.Any:
        """A template of the inventory file with its values put in; a text that looks like a list stays a text."""
        return templar.template(template, convert_data=not is_text)
else:
    from ansible.template import trust_as_template

    @functools.lru_cache(maxsize=65536)
    def _marked(text: str) -> str:
        """Names of jobs, servers and verdicts are the same for thousands of hosts."""
        return text if could_be_template(text) else trust_as_template(text)

    def never_template(value: t.Any) -> t.Any:
        """The value as it is: text without a tag is inert."""
        return value

    def host_variable(value: t.Any) -> t.Any:
        """The value with a tag on every text in it that can't be a template, so that ansible-inventory shows it as text."""
        if value.__class__ is str:
            return _marked(value)
        if isinstance(value, str):
            return value if could_be_template(value) else trust_as_template(value)
        if isinstance(value, dict):
            return {key: host_variable(item) for key, item in value.items()}
        if isinstance(value, list):
            return [host_variable(item) for item in value]
        return value

    composed_variable = host_variable

    def render(templar: t.Any, template: str, *, is_text: bool = True) -> t.Any:
        """A template of the inventory file with its values put in; the result has the type that the template gives it."""
        return templar.template(template)
