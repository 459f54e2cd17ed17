# SPDX-License-Identifier: GPL-3.0-or-later
"""Collections are found as Ansible finds them, so that documentation fragments are."""

from __future__ import annotations

from ansible.plugins.loader import init_plugin_loader
from ansible.utils.collection_loader import AnsibleCollectionConfig  # type: ignore[attr-defined]

if AnsibleCollectionConfig.collection_finder is None:
    init_plugin_loader()
