# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings for all unit tests.

Property tests are about values, not about time: a busy machine must not make them fail. Collections are found as Ansible finds
them: the inventory plugin and its documentation are loaded by Ansible itself.
"""

from __future__ import annotations

from ansible.plugins.loader import init_plugin_loader
from ansible.utils.collection_loader import AnsibleCollectionConfig
from hypothesis import HealthCheck, settings

settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

# ansible-test has done so already; it must happen before the first import of the collection.
if AnsibleCollectionConfig.collection_finder is None:
    init_plugin_loader()
