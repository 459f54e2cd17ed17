# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the server says is data, never a template, on every version of Ansible. Private to the collection."""

from __future__ import annotations

import typing as t

import ansible.template

# Since ansible-core 2.19 only strings that carry a tag are templates, and nothing here ever gets it.
HAS_DATA_TAGGING = hasattr(ansible.template, "trust_as_template")

if not HAS_DATA_TAGGING:
    from ansible.utils.unsafe_proxy import wrap_var

    def never_template(value: t.Any) -> t.Any:
        """The value with every string in it that could be a template made inert.

        ``#jinja2:`` at the start of a string can give other delimiters than braces, and it may get to the start when a composed
        variable cuts off what is before. Strings without a brace or a hash stay plain, because inventory imports of automation
        platforms choke on a wrapper around every string.
        """
        if isinstance(value, dict):
            return {never_template(key): never_template(item) for key, item in value.items()}
        if isinstance(value, list):
            return [never_template(item) for item in value]
        if isinstance(value, str) and ("{" in value or "#" in value):
            return wrap_var(value)
        return value

    def inert_name(name: str) -> str:
        """A host name that can't be a template. Names can't be wrapped: ansible-inventory shows those in a form nobody reads."""
        return name.replace("{", "_").replace("#jinja2:", "_jinja2:")

    def render(templar: t.Any, template: str, *, is_text: bool = True) -> t.Any:
        """A template of the inventory file with its values put in; a text that looks like a list stays a text."""
        return templar.template(template, convert_data=not is_text)
else:

    def never_template(value: t.Any) -> t.Any:
        """The value as it is."""
        return value

    def inert_name(name: str) -> str:
        """The name as it is."""
        return name

    def render(templar: t.Any, template: str, *, is_text: bool = True) -> t.Any:
        """A template of the inventory file with its values put in; the result has the type that the template gives it."""
        return templar.template(template)
