# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings for all unit tests.

Property tests are about values, not about time: a busy machine must not make them fail. They take the same examples every
time, so that a change is judged by itself; HYPOTHESIS_PROFILE=explore looks further. ansible-test runs them on each
ansible-core, where a few examples tell whether the code runs there: values are tried in full once, by the step unit. Nor does
each test need a process of its own there, for which ansible-test spends three quarters of the time: the step unit shows that they
get on with each other in one.
Collections are found as Ansible finds them: the inventory plugin and its documentation are loaded by Ansible itself.
"""

from __future__ import annotations

import os
import sys

import pytest
from hypothesis import HealthCheck, settings

try:
    from ansible.plugins.loader import init_plugin_loader
    from ansible.utils.collection_loader import AnsibleCollectionConfig
except ImportError:
    # ansible-test runs what modules use without the controller's part of Ansible, and finds collections itself.
    init_plugin_loader = None

settings.register_profile("same", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile(
    "few", max_examples=15, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("explore", max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
# ansible-test passes no variables on, so it is known by the pytest plugin that it brings.
_USUAL = "few" if "ansible_pytest_collections" in sys.modules else "same"
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", _USUAL))

# ansible-test has done so already; it must happen before the first import of the collection.
if init_plugin_loader is not None and AnsibleCollectionConfig.collection_finder is None:
    init_plugin_loader()


def pytest_configure(config: pytest.Config) -> None:
    if config.pluginmanager.hasplugin("ansible_forked"):
        config.pluginmanager.unregister(name="ansible_forked")
