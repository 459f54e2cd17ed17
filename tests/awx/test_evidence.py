# SPDX-License-Identifier: GPL-3.0-or-later
"""The role send_evidence: what the gate has left behind arrives, by each way, and no secret is shown."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import textwrap
import typing as t
from pathlib import Path

import pytest
import yaml

from support import leaks, loopback
from support.awx.jobs import extra_vars
from support.commands import Ansible, Run

from .conftest import ROOT, others
from .receivers import Mails, Web

CHANGE = "CHG0031337"
NAME = "<b>röntgen*_[x]</b>"
"""A machine with a name that any markup would take for its own."""
SECRETS = {name: f"{name}-secret-that-nobody-may-see" for name in ("mail", "hook", "jira", "servicenow", "git")}
NO_GO = {
    "veeam_gate_ok": False,
    "veeam_gate_summary": "no-go: 2 of 3 machines are not ready",
    "veeam_gate_counts": {"failed": 1, "stale": 1, "ok": 1},
    "veeam_gate_hosts": {"failed": [NAME], "stale": ["db02"], "ok": ["web01"]},
    "veeam_gate_change_number": CHANGE,
}
"""Artifacts of a gate, as the next node gets them."""


PLAY = {"name": "Play", "hosts": "localhost", "gather_facts": False}


class Site:
    """Everything that takes evidence, and how the role is told about it."""

    def __init__(self, ansible: Ansible, mails: Mails, port: int, web: Web, url: str) -> None:
        self.mails, self.web, self.url = mails, web, url
        self._ansible = ansible
        self.repository = ansible.directory / "evidence.git"
        self._seed = ansible.directory.parent / "seed"
        self._git("init", "--quiet", "--bare", "--initial-branch", "main", self.repository)
        self._git("clone", "--quiet", self.repository, self._seed)
        identity = ("-c", "user.name=Seed", "-c", "user.email=seed@example.test")
        self._git("-C", self._seed, *identity, "commit", "--quiet", "--allow-empty", "--message", "The first")
        self._git("-C", self._seed, "push", "--quiet", "origin", "HEAD:main")
        self.variables: dict[str, t.Any] = {
            "mail_host": "127.0.0.1",
            "mail_port": port,
            "mail_username": "gate",
            "mail_password": SECRETS["mail"],
            "mail_sender": "gate@example.test",
            "mail_to": ["change-board@example.test"],
            "webhook_url": f"{url}/hooks/{SECRETS['hook']}",
            "webhook_format": "teams",
            "jira_url": url,
            "jira_username": "gate",
            "jira_password": SECRETS["jira"],
            "servicenow_instance": {"host": url, "username": "gate", "password": SECRETS["servicenow"]},
            "git_repository": str(self.repository),
        }

    @staticmethod
    def _git(*arguments: str | Path) -> str:
        return subprocess.run(["git", *arguments], check=True, capture_output=True, text=True).stdout

    def committed(self) -> dict[str, str]:
        """File -> its text, in the repository as it is now."""
        names = self._git("-C", self.repository, "ls-tree", "-r", "--name-only", "main").splitlines()
        return {name: self._git("-C", self.repository, "show", f"main:{name}") for name in names}

    def run(self, ways: list[str], artifacts: t.Mapping[str, t.Any], **changes: t.Any) -> Run:
        """The role with these ways, and the artifacts as AWX gives them to the next node."""
        role = {"name": "backup_ops.veeam_em.send_evidence"}
        tasks = [{"name": "Send", "ansible.builtin.import_role": role}]
        return self.play([{**PLAY, "tasks": tasks}], artifacts, **changes, ways=ways)

    def play(self, plays: list[dict[str, t.Any]], artifacts: t.Mapping[str, t.Any], **changes: t.Any) -> Run:
        variables = {f"send_evidence_{name}": value for name, value in {**self.variables, **changes}.items()}
        file = self._ansible.directory.parent / "extravars"
        file.write_text(extra_vars(variables, artifacts), encoding="utf-8")
        return self._ansible.playbook(
            f"{json.dumps(plays)}\n",
            env={"ANSIBLE_COLLECTIONS_PATH": others(), "GIT_CONFIG_NOSYSTEM": "1"},
            args=["-e", f"@{file}"],
        )


@pytest.fixture
def site(ansible: Ansible) -> t.Iterator[Site]:
    for secret in SECRETS.values():
        leaks.remember(secret)
    mails, web = Mails(), Web(CHANGE)
    with mails.serve() as port, loopback.serve(web.application()) as url:
        yield Site(ansible, mails, port, web, url)


def blocks(path: Path, name: str) -> list[dict[str, t.Any]]:
    """The plays of this name in the documentation."""
    text = path.read_text(encoding="utf-8")
    found = re.findall(
        r"^```yaml\n(.*?)^```$|^\.\. code-block:: yaml\n\n((?:    [^\n]*\n|\n)+)", text, re.MULTILINE | re.DOTALL
    )
    loaded = [yaml.safe_load(textwrap.dedent(one or other)) for one, other in found]
    plays = [play for each in loaded if isinstance(each, list) for play in each if play["name"] == name]
    assert plays, path
    return plays


def reasons(run: Run) -> str:
    return str(
        next(each["result"]["msg"] for each in run.results if each["task"].endswith("Say which ways have failed"))
    )


def test_the_documented_plays_hand_over_the_files_of_a_mounted_folder(site: Site, ansible: Ansible) -> None:
    """Those of the guide and of the role's README: to ServiceNow and Teams, by mail and to Jira; and git, which they leave out."""
    report = ansible.directory / f"backup-evidence_{CHANGE}.html"
    report.write_text("<!doctype html><p>röntgen</p>", encoding="utf-8")
    role = {"name": "backup_ops.veeam_em.send_evidence", "tasks_from": "git.yml"}
    git = {
        "name": "Git",
        "hosts": "localhost",
        "gather_facts": False,
        "tasks": [{"name": "Git", "ansible.builtin.import_role": role}],
    }
    plays = [
        *blocks(ROOT / "docs" / "docsite" / "rst" / "guide_awx.rst", "Hand the evidence over"),
        *blocks(ROOT / "roles" / "send_evidence" / "README.md", "Hand the evidence over"),
        git,
    ]
    done = site.play(plays, {**NO_GO, "veeam_gate_evidence": [str(report)]})
    assert done.rc == 0, done.output
    (mail,) = site.mails.messages
    assert mail["Subject"] == f"Backup gate: no-go, change {CHANGE}"
    assert mail["To"] == "change-board@example.test"
    (attached,) = [part for part in mail.walk() if part.get_filename() == report.name]
    assert t.cast(bytes, attached.get_payload(decode=True)).decode() == report.read_text()
    text = str(next(part for part in mail.walk() if part.get_content_type() == "text/plain").get_content())
    assert "2 of 3 machines are not ready" in text
    assert NAME in text
    assert site.mails.accounts == [f"gate {SECRETS['mail']}"]
    expected = {report.name: report.read_text()}
    assert site.web.attached == {"jira": expected, "servicenow": expected}
    assert site.committed() == {f"{CHANGE}/{report.name}": report.read_text()}
    assert len(site.web.cards) == len(site.web.comments) == 1
    for system, key in (("rest", "jira"), ("api", "servicenow")):
        account = base64.b64encode(f"gate:{SECRETS[key]}".encode()).decode()
        assert site.web.authorizations[system] == {f"Basic {account}"}


def test_the_format_mail_is_the_mail(site: Site, ansible: Ansible) -> None:
    files = {"html": "<p>whole</p>", "mail.html": "<p>{{ 7 * 7 }} röntgen</p>", "mail.txt": "röntgen"}
    for suffix, text in files.items():
        (ansible.directory / f"evidence.{suffix}").write_text(text, encoding="utf-8")
    listed = [str(ansible.directory / f"evidence.{suffix}") for suffix in files]
    done = site.run(["mail"], {**NO_GO, "veeam_gate_evidence": listed})
    assert done.rc == 0, done.output
    (mail,) = site.mails.messages
    (body,) = [part for part in mail.walk() if part.get_content_type() == "text/html" and not part.get_filename()]
    assert body.get_content().strip() == files["mail.html"]
    assert [part.get_filename() for part in mail.walk() if part.get_filename()] == ["evidence.html"]


def test_a_report_that_came_as_an_artifact_is_attached(site: Site) -> None:
    gone = "/evidence/that-ended-with-its-container.html"
    artifacts = {**NO_GO, "veeam_gate_evidence": [gone], "veeam_gate_report": "# No-go\n\n{{ 7 * 7 }} röntgen\n"}
    done = site.run(["jira", "git"], artifacts, jira_comment=False, git_folder="../../up/.Git/a b/./")
    assert done.rc == 0, done.output
    expected = {f"backup-evidence_{CHANGE}.md": artifacts["veeam_gate_report"]}
    assert site.web.attached["jira"] == expected
    assert site.committed() == {f"up/a-b/{name}": text for name, text in expected.items()}
    assert site.web.comments == []


def test_cards(site: Site) -> None:
    role = {"name": "backup_ops.veeam_em.send_evidence", "tasks_from": "webhook.yml"}
    kinds = ("teams", "slack", "mattermost", "json")
    tasks = [
        {"name": kind, "ansible.builtin.include_role": role, "vars": {"send_evidence_webhook_format": kind}}
        for kind in kinds
    ]
    del site.variables["webhook_format"]
    done = site.play([{**PLAY, "tasks": tasks}], NO_GO, link="https://awx.example.test/#/jobs/7")
    assert done.rc == 0, done.output
    teams, slack, mattermost, plain = site.web.cards
    content = teams["attachments"][0]["content"]
    assert [block["inlines"][0]["type"] for block in content["body"]] == ["TextRun", "TextRun"]
    assert NAME in content["body"][1]["inlines"][0]["text"]
    assert content["actions"][0]["url"] == "https://awx.example.test/#/jobs/7"
    assert {block["text"]["type"] for block in slack["blocks"]} == {"plain_text"}
    assert NAME in slack["blocks"][1]["text"]["text"]
    assert r"\<b\>röntgen\*\_\[x\]\</b\>" in mattermost["attachments"][0]["text"]
    assert plain["hosts"] == NO_GO["veeam_gate_hosts"]
    assert plain["ok"] is False
    # There is no file, and the card says so.
    assert "ended with the container" in content["body"][1]["inlines"][0]["text"]


def test_what_fails_is_said_and_does_not_hinder_the_rest(site: Site) -> None:
    site.web.refuse = 403
    artifacts = {**NO_GO, "veeam_gate_report": "<p>report</p>", "veeam_gate_change_number": "CHG0000000"}
    done = site.run(
        ["webhook", "mail", "servicenow", "git", "jira"],
        artifacts,
        mail_port=1,
        git_repository=f"{site.url}/evidence.git",
        git_token=SECRETS["git"],
    )
    assert done.rc == 2
    said = reasons(done)
    assert "webhook: The webhook did not take the card: it answered 403." in said
    assert "mail: " in said
    assert "servicenow: ServiceNow shows 0 changes with the number CHG0000000" in said
    assert "git: " in said
    assert "jira" not in said
    assert list(site.web.attached["jira"]) == ["backup-evidence_CHG0000000.html"]
    token = base64.b64encode(f"git:{SECRETS['git']}".encode()).decode()
    assert f"Basic {token}" in site.web.authorizations["evidence.git"]


def test_nothing_to_attach(site: Site) -> None:
    done = site.run(["servicenow"], {**NO_GO, "veeam_gate_evidence": ["/evidence/gone.html"]})
    assert done.rc == 2
    assert "verify_backups_report_dir to a folder that is mounted" in reasons(done)
