# SPDX-License-Identifier: GPL-3.0-or-later
"""Where evidence ends with its job, and what is said when nobody gave a connection."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ansible_collections.backup_ops.veeam_em.plugins.module_utils._client.settings import ConnectionSettings
from ansible_collections.backup_ops.veeam_em.plugins.module_utils._errors import SettingsError
from ansible_collections.backup_ops.veeam_em.plugins.plugin_utils._gate.ask import explained
from ansible_collections.backup_ops.veeam_em.plugins.plugin_utils._gate.evidence_files import ends_with_the_job
from ansible_collections.backup_ops.veeam_em.plugins.plugin_utils._gate.question import Question


@pytest.mark.parametrize(
    ("path", "awx", "ends"),
    [
        ("/runner/project/backup-evidence/a.html", {"job_id": 1}, True),
        ("/tmp/evidence/a.html", {"job_id": 1}, True),
        ("/evidence/sub/a.html", {"job_id": 1}, False),
        ("/tmp/evidence/a.html", {}, False),
    ],
)
def test_evidence_that_ends_with_its_job(path: str, awx: dict[str, int], ends: bool) -> None:
    assert ends_with_the_job(path, {"awx": awx}, ["/", "/runner", "/evidence"].__contains__) is ends


def test_a_connection_that_nobody_gave_names_variables_and_credential() -> None:
    with pytest.raises(SettingsError) as caught:
        ConnectionSettings.from_options({})
    result = explained({"failed": True, "msg": str(caught.value)}, Question(()))
    assert "VEEAM_EM_HOST, VEEAM_EM_USERNAME and VEEAM_EM_PASSWORD" in result["msg"]
    assert "the credential sets them" in result["msg"]
    assert result["error_of_caller"] is True


@pytest.mark.parametrize(
    "host", ["https://svc:hunter2@em01.example.test:9398/", " svc:hunter2@em01", "svc:hunt@er2@em01"]
)
def test_a_password_before_an_address_is_not_shown(host: str) -> None:
    with pytest.raises(SettingsError) as caught:
        ConnectionSettings.from_options({"host": host, "username": "svc", "password": "hunter2"})
    assert "hunt" not in f"{caught.value}"
    assert "em01" in str(caught.value)


def test_warnings_are_words_on_every_core() -> None:
    new = SimpleNamespace(event=SimpleNamespace(msg="Credentials travel in clear."))
    assert explained({"warnings": ["Old.", new]}, Question(()))["warnings"] == ["Old.", "Credentials travel in clear."]
    assert explained({}, Question(()))["warnings"] == []
