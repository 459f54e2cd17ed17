# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings for all unit tests.

Property tests are about values, not about time: a busy machine must not make them fail. They take the same examples every
time, so that a change is judged by itself; HYPOTHESIS_PROFILE=explore looks further. Collections are found as Ansible finds
them: the inventory plugin and its documentation are loaded by Ansible itself.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

try:
    from ansible.plugins.loader import init_plugin_loader
    from ansible.utils.collection_loader import AnsibleCollectionConfig
except ImportError:
    # ansible-test runs what modules use without the controller's part of Ansible, and finds collections itself.
    init_plugin_loader = None

settings.register_profile("same", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("explore", max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

# ansible-test has done so already; it must happen before the first import of the collection.
if init_plugin_loader is not None and AnsibleCollectionConfig.collection_finder is None:
    init_plugin_loader()
