# SPDX-License-Identifier: GPL-3.0-or-later
"""A gate that can't be walked past: inputs that once were, each with what is right, through the real ansible-playbook.

Many cases share a run: their errors are ignored, so that the next one is reached, and each leaves its words in a result.
"""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest

from support.commands import Ansible, Run
from veeam_em_simulator.testing import Simulator

ESTATES = Path(__file__).with_name("estates")
ROLE = "backup_ops.veeam_em.verify_backups"
ASK = "Ask Enterprise Manager, write the evidence and decide"
TELL = "Show the verdicts, and stop on a no-go"
AFTER = "The maintenance"
P = "verify_backups_"
Vars = t.Dict[str, t.Any]


@pytest.fixture
def em(simulators: t.Any) -> t.Any:
    return simulators.get(estate=str(ESTATES / "gate.yml"))


def inventory(groups: t.Mapping[str, t.Mapping[str, Vars]], variables: t.Mapping[str, Vars] | None = None) -> str:
    """Hosts that nobody can reach: the gate must not need them."""
    children = {
        group: {
            "hosts": dict(hosts),
            "vars": {P + key: value for key, value in (variables or {}).get(group, {}).items()},
        }
        for group, hosts in groups.items()
    }
    return json.dumps({"all": {"vars": {"ansible_host": "192.0.2.1"}, "children": children}}, indent=1) + "\n"


def verify(name: str = "Verify", how: str = "import_role", ignore: bool = False, **settings: t.Any) -> Vars:
    """A task with the role; evidence is written by those only who look at it, since it takes time."""
    given = {P + key: value for key, value in {"report_dir": "", "show_table": False, **settings}.items()}
    task: Vars = {"name": name, f"ansible.builtin.{how}": {"name": ROLE}, "vars": given}
    return {**task, "ignore_errors": True} if ignore else task


def play(hosts: t.Any, *tasks: Vars, **more: t.Any) -> Vars:
    last = {"name": AFTER, "ansible.builtin.debug": {"var": "veeam_em_protection"}}
    return {"name": "Play", "hosts": hosts, "gather_facts": False, "tasks": [*tasks, last], **more}


def playbook(*plays: Vars) -> str:
    return json.dumps(plays, indent=1) + "\n"


def went_on(run: Run) -> list[str]:
    return [each["host"] for each in run.results if each["task"] == AFTER and each["status"] == "ok"]


def words(run: Run) -> list[str]:
    """What each gate said that stopped, whether that was ignored or not."""
    ends = [each for each in run.results if each["task"].endswith(TELL)]
    return [each["result"]["msg"] for each in ends if each["status"] in ("failed", "ignored")]


def logons(em: t.Any) -> int:
    return sum(each["method"] == "POST" for each in em.requests())


REFUSED: list[tuple[Vars, str]] = [
    ({"hosts": [], "allow_empty": "false"}, "question is about nothing"),
    ({"hosts": [], "allow_empty": "flase"}, "verify_backups_allow_empty of web01 and x1 has the value 'flase'"),
    ({"max_age": 24}, "number without a unit"),
    ({"max_age": "24"}, "number without a unit"),
    ({"lookback": "30"}, "verify_backups_lookback of web01 and x1 has the value 30, a number without a unit"),
    ({"maxage": "4h"}, "did you mean verify_backups_max_age"),
    ({"needed_at": "2026-01-05 20:00"}, "without a zone"),
    ({"max_age": "{{ tier_of_host }}"}, "verify_backups_max_age of x1 can't be filled in"),
    ({"max_age": "{{ 1 / 0 }}"}, "verify_backups_max_age of web01 and x1 can't be filled in"),
    ({"max_age": "{{ verify_backups_max_age }}"}, "verify_backups_max_age of web01 and x1 can't be filled in"),
    ({"on_not_ok": "{{ mode | default('fail') }}"}, "decides for all hosts, but it is"),
    ({"on_not_ok": "exlude"}, "did you mean exclude"),
    ({"report_formats": "pdf"}, "verify_backups_report_formats"),
    ({"waivers": [{"machine": "web01"}]}, "a waiver without reason_code"),
    ({"connection": {"pasword": "x"}}, "unknown key 'pasword'; did you mean password"),
    ({"hosts": "web1"}, "not a host of the inventory"),
    ({"change_number": 1.5}, "which is not text"),
]
"""What is refused in one sentence, before any request."""

TAKEN: list[Vars] = [
    {"allow_empty": "yes", "hosts": "[]", "show_table": "false", "set_stats": "no"},
    {"allow_empty": 1, "machines": [], "change_number": 31337, "needed_at": "2026-01-05", "report_mode": 640},
    {"allow_empty": True, "machines": [], "max_age": "", "hosts": "", "needed_at": None, "max_data_age": "{{ nobody | default(omit) }}"},
    {"allow_empty": True, "machines": [], "report_formats": "html,json", "allowed_verdicts": "ok\nwaived", "job_types": "Backup"},
    {"allow_empty": True, "machines": [], "needed_at": "2026-01-05 20:00", "timezone": "Europe/Berlin", "max_rows": "500"},
    {"allow_empty": True, "machines": [], "waivers": [{"machine": 4, "reason_code": "age_over_limit", "until": "2999-01-01", "note": True}]},
]  # fmt: skip
"""What means the same as it does natively: questions about nothing, so that nobody is asked."""


@pytest.mark.ends
def test_every_form_of_a_variable_is_taken_or_refused_before_any_request(ansible: Ansible, em: t.Any) -> None:
    hosts: dict[str, Vars] = {"web01": {"tier_of_host": "4h", "mode": "report"}, "x1": {}}
    tasks = [verify(f"Refused {number}", ignore=True, **settings) for number, (settings, _hint) in enumerate(REFUSED)]
    tasks += [verify(f"Taken {number}", **settings) for number, settings in enumerate(TAKEN)]
    loop = {"name": "Loop", "backup_ops.veeam_em.gate": {}, "loop": [1, 2], "run_once": True, "ignore_errors": True}
    alone = {"name": "Alone", "backup_ops.veeam_em.gate": {"max_age": "1h"}, "run_once": True, "ignore_errors": True}
    each = {"name": "Each", "backup_ops.veeam_em.gate": {}, "ignore_errors": True}
    run = ansible.playbook(
        playbook(play("all", *tasks, loop, alone, each)), inventory=inventory({"window": hosts}), em=em
    )
    assert run.rc == 0, run.output
    said = words(run)
    assert len(said) == len(REFUSED), said
    for (settings, hint), sentence in zip(REFUSED, said, strict=True):
        assert sentence.startswith("NO-GO: "), settings
        assert hint in sentence, settings
        assert len(sentence) < 400, settings
    assert "does not take a loop" in str([each["result"] for each in run.results if each["task"] == "Loop"])
    assert "set the variable verify_backups_max_age" in run.result("Alone")["msg"]
    assert "run_once: true" in str([each["result"] for each in run.results if each["task"] == "Each"])
    assert logons(em) == 0
    assert sorted(went_on(run)) == ["web01", "x1"]


@pytest.mark.ends
def test_settings_of_hosts_and_calls_that_forget_somebody(ansible: Ansible, em: t.Any) -> None:
    """Group variables that decide for all; a host that nobody asks about; names of hosts as role variables, in every batch."""
    hosts = inventory(
        {
            "test": {"web01": {}},
            "prod": {"bad01": {}, "web02": {}},
            "lax": {"web03": {}},
            "renamed": {name: {"vmname": f"vm-{name}"} for name in ("x1", "x2", "x3")},
            "own": {
                "db01": {f"{P}max_age": "10d"},
                "old01": {f"{P}waivers": [{"reason_code": "age_over_limit", "until": "2999-01-01"}]},
            },
        },
        {"test": {"on_not_ok": "report"}, "lax": {"allowed_verdicts": ["ok", "failed"]}},
    )
    plays = [
        play("test,prod", verify(ignore=True)),
        play("prod,lax", verify(ignore=True)),
        play("web02,old01,bad01", verify(ignore=True, hosts=["web02"])),
        play("renamed", verify(machine_name="{{ vmname }}"), serial=1),
        play("own", verify()),
    ]
    run = ansible.playbook(playbook(*plays), inventory=hosts, em=em)
    assert run.rc == 0, run.output
    said = words(run)
    assert "verify_backups_on_not_ok decides for all hosts, but it is 'report' at web01 and" in said[0]
    assert "verify_backups_allowed_verdicts decides for all hosts" in said[1]
    assert "2 unknown" in said[2]
    assert len(said) == 3
    facts = [
        each["result"]["veeam_em_protection"]
        for each in run.results
        if each["task"] == AFTER and each["host"] in ("x1", "x2", "x3")
    ]
    assert [(fact["name"], fact["verdict"], fact["go"]) for fact in facts] == [
        (f"vm-{name}", "ok", True) for name in ("x1", "x2", "x3")
    ]
    last = {
        each["host"]: each["result"]["veeam_em_protection"]["verdict"] for each in run.results if each["task"] == AFTER
    }
    assert (last["db01"], last["old01"]) == ("ok", "waived")


@pytest.mark.smoke
def test_exclude_reaches_later_plays_as_groups(ansible: Ansible, em: t.Any) -> None:
    """Also with a comma in the window, over batches, and with hosts that were lost or ended before."""
    window = "web01,bad01,web02,web03,old01"
    hosts = inventory({"window": {name: {} for name in [*window.split(","), "web04"]}})
    lose = {"name": "Lose", "ansible.builtin.fail": {"msg": "lost"}, "when": "inventory_hostname == 'web03'"}
    end = {"name": "End", "ansible.builtin.meta": "end_host", "when": "inventory_hostname == 'old01'"}
    later = play(["{{ window }}", "&veeam_gate_go", "!veeam_gate_no_go"])
    later["tasks"][0]["name"] = "Later"
    run = ansible.playbook(
        playbook(play("{{ window }}", lose, end, verify(on_not_ok="exclude"), serial=3), later),
        inventory=hosts,
        em=em,
        extra_vars={"window": window},
    )
    assert run.rc == 2, "a host was lost"
    # Which of the hosts of a batch is done first is up to the machine.
    assert sorted(went_on(run)) == ["web01", "web02"]
    assert sorted(each["host"] for each in run.results if each["task"] == "Later") == ["web01", "web02"]
    assert "LEFT OUT: 1 of 3 hosts goes no further in this play: bad01 (failed)." in run.stdout
    assert run.stats["web01"]["changed"] == 0


@pytest.mark.ends
def test_a_window_without_hosts_is_a_no_go(ansible: Ansible, em: t.Any) -> None:
    hosts = inventory({"prod": {"web01": {}, "bad01": {}}, "test": {"web02": {}}, "empty": {}})
    for name, extra, args, hint in (
        ("verify_backups", {f"{P}group": "prdo"}, [], "'prdo' matches no host; did you mean prod? The groups are"),
        ("protection_report", {f"{P}group": "prod"}, ["-l", "web02"], "'prod' is empty within the limit"),
    ):
        run = ansible.playbook(
            f"backup_ops.veeam_em.{name}",
            inventory=hosts,
            em=em,
            extra_vars={**extra, f"{P}change_number": 31337},
            args=args,
        )
        assert run.rc == 2, run.output
        assert hint in run.output
        assert (run.custom_stats["veeam_gate_ok"], run.custom_stats["veeam_gate_change_number"]) == (False, "31337")
        evidence = json.loads(Path(run.custom_stats["veeam_gate_evidence"][1]).read_text(encoding="utf-8"))
        assert (evidence["decision"]["ok"], evidence["change_number"]) == (False, "31337")
    assert logons(em) == 0


def test_an_inventory_that_could_not_be_read_is_a_no_go(ansible: Ansible, em: t.Any) -> None:
    """Alone, beside one that worked, and as one of the files of a folder; in the playbook and in a play of one's own."""
    folder = ansible.directory / "inventory"
    folder.mkdir()
    (folder / "good.yml").write_text(inventory({"prod": {"web01": {}}}))
    broken = folder / "broken.yml"
    broken.write_text("all: [broken\n")
    env = {"ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "false"}
    for source, text in (
        (broken, "backup_ops.veeam_em.verify_backups"),
        (folder, "backup_ops.veeam_em.verify_backups"),
        (folder, playbook(play("prod", verify()))),
    ):
        run = ansible.playbook(text, inventory=source, em=em, env=env, extra_vars={f"{P}report_dir": ""})
        assert run.rc == 2, run.output
        assert "could not be read as a whole" in run.output
        assert "broken.yml" in run.output
        assert went_on(run) == []
    assert logons(em) == 0


@pytest.mark.parametrize("strategy", ["free", "host_pinned"])
def test_strategies_that_do_not_run_in_step_are_refused(ansible: Ansible, em: t.Any, strategy: str) -> None:
    run = ansible.playbook(
        playbook(play("all", verify(), strategy=strategy)),
        inventory=inventory({"window": {"web01": {}, "web02": {}}}),
        em=em,
    )
    assert run.rc != 0
    assert went_on(run) == []
    assert "bypasses the host loop, which is currently not supported" in run.output.replace("\n", " ")


@pytest.mark.ends
def test_a_password_in_names_and_a_server_that_is_down(ansible: Ansible) -> None:
    """A simulator without the guards of the others: here the password is shown, as it is part of a name."""
    with Simulator(estate=str(ESTATES / "password_in_names.yml")) as em:
        _ask_with_a_password_in_names(ansible, em)


def _ask_with_a_password_in_names(ansible: Ansible, em: t.Any) -> None:
    env = {"VEEAM_EM_HOST": em.host, "VEEAM_EM_PORT": str(em.port), "VEEAM_EM_CA_PATH": str(em.ca_path)}
    env = {**env, "VEEAM_EM_USERNAME": "svc", "VEEAM_EM_PASSWORD": "veeam"}
    hosts = inventory({"window": {"veeam-web01": {}, "veeam-web02": {}}})
    down = verify(on_not_ok="report", connection={"port": 1, "retries": 0}, report_dir="down", report_formats="json")
    run = ansible.playbook(
        playbook(
            play("all", verify(on_not_ok="exclude", report_dir="up", report_formats="json")),
            play("all", down),
        ),
        inventory=hosts, env=env,
    )  # fmt: skip
    assert run.rc == 0, run.output
    assert sorted(went_on(run)) == ["veeam-web01", "veeam-web01", "veeam-web02", "veeam-web02"]
    facts = [each["result"]["veeam_em_protection"] for each in run.results if each["task"] == AFTER]
    assert {(fact["name"], fact["verdict"]) for fact in facts[:2]} == {("veeam-web01", "ok"), ("veeam-web02", "ok")}
    assert {(fact["verdict"], fact["reasons"][0], fact["go"]) for fact in facts[2:]} == {
        ("unknown", "no_answer", False)
    }
    assert "part of a machine's name" in run.output.replace("\n", " ")
    (up,) = (ansible.directory / "up").glob("*.json")
    assert json.loads(up.read_text())["decision"]["hosts"] == {"ok": ["veeam-web01", "veeam-web02"]}
    (lost,) = (ansible.directory / "down").glob("*.json")
    assert json.loads(lost.read_text())["decision"]["summary"].startswith("NO-GO: Enterprise Manager gave no answer")


def test_a_connection_from_variables_is_used_and_stands_nowhere(ansible: Ansible, em: t.Any) -> None:
    """The guards of the tests look for the secret in all that was shown, recorded and written."""
    connection = {
        "host": em.host,
        "port": em.port,
        "username": em.username,
        "password": em.password,
        "ca_path": str(em.ca_path),
    }
    (ansible.directory / "vault-password").write_text("for the vault\n")
    secret = ansible.directory / "secret.json"
    secret.write_text(json.dumps({"em_secret": connection["password"]}))
    done = ansible.run("ansible-vault", "encrypt", "--vault-password-file", "vault-password", secret)
    assert done.rc == 0
    run = ansible.playbook(
        playbook(
            play(
                "all",
                verify(
                    report_dir="evidence",
                    report_formats="json",
                    connection={**connection, "password": "{{ em_secret }}"},
                ),
            )
        ),
        inventory=inventory({"window": {"web01": {}}}),
        args=["-e", f"@{secret}", "--vault-password-file", "vault-password", "-vvv"],
    )
    assert run.rc == 0, run.output
    assert went_on(run) == ["web01"]


def test_an_unwritable_folder_fails_the_play_and_the_decision_stands(ansible: Ansible, em: t.Any) -> None:
    (ansible.directory / "evidence").write_text("a file")
    hosts = inventory({"window": {"web01": {}}})
    run = ansible.playbook(
        playbook(play("all", verify(report_dir="evidence", on_not_ok="report"))), inventory=hosts, em=em
    )
    assert run.rc == 2
    assert went_on(run) == []
    assert "could not be written" in words(run)[0]
    assert run.custom_stats["veeam_gate_ok"] is True


def test_a_later_call_asks_about_some_and_an_earlier_go_stands(ansible: Ansible, em: t.Any) -> None:
    """In another play it counts for nothing."""
    hosts = inventory({"window": {"web01": {}, "web02": {}}})
    run = ansible.playbook(
        playbook(play("all", verify("First"), verify("Second", hosts="web01")), play("all", verify("Third", hosts="web01"))),
        inventory=hosts, em=em,
    )  # fmt: skip
    assert run.rc == 2, run.output
    assert sorted(went_on(run)) == ["web01", "web02"]
    assert "web02 (unknown)" in words(run)[0]


@pytest.mark.ends
def test_hosts_of_different_servers_are_refused(ansible: Ansible, em: t.Any) -> None:
    hosts = inventory({"window": {"web01": {"em": "em01.example.test"}, "web02": {"em": "em02.example.test"}}})
    defaults = {"group/backup_ops.veeam_em.em": {"host": "{{ em }}"}}
    run = ansible.playbook(playbook(play("all", verify(), module_defaults=defaults)), inventory=hosts, em=em)
    assert run.rc == 2
    assert "another one at web01 than at web02" in words(run)[0]


def test_exclude_that_leaves_nobody_is_a_no_go_and_extra_machines_stop_all(ansible: Ansible, em: t.Any) -> None:
    hosts = inventory({"window": {"bad01": {}, "old01": {}, "web01": {}}})
    plays = [
        play("bad01,old01", verify(on_not_ok="exclude", ignore=True)),
        play("web01", verify(on_not_ok="exclude", ignore=True, extra_machines="bad02")),
        play("web01", verify(ignore=True, machines="web01\nbad02")),
    ]
    run = ansible.playbook(playbook(*plays), inventory=hosts, em=em)
    said = words(run)
    assert "leaves no host at all" in said[0]
    assert "No host of this play can be left out for bad02" in said[1]
    assert "bad02 (failed)" in said[2]
    assert run.custom_stats["veeam_gate_ok"] is False


def test_it_waits_for_running_work_in_one_logon_session(ansible: Ansible, simulator: t.Any) -> None:
    run = ansible.playbook(
        playbook(play("all", verify(wait_running="1s", on_not_ok="report"))),
        inventory=inventory({"window": {"mail01": {}}}),
        em=simulator,
    )
    assert run.rc == 0, run.output
    assert "Waiting for the work on mail01 to end" in run.stdout
    assert logons(simulator) == 1
    facts = [each["result"]["veeam_em_protection"]["verdict"] for each in run.results if each["task"] == AFTER]
    assert facts == ["running"]


def test_the_evidence_says_who_and_the_artifact_carries_it(ansible: Ansible, em: t.Any) -> None:
    told = {"awx_job_id": 42, "tower_job_id": 43, "awx_user_name": "ann", "awx_job_template_name": "Gate"}
    hosts = inventory({"window": {"web01": {}, "bad01": {}}})
    task = verify(
        report_dir="evidence", report_formats=["json"], artifact_format="markdown", max_age="20h", change_number="CHG7"
    )
    run = ansible.playbook(playbook(play("window", task)), inventory=hosts, em=em, extra_vars=told)
    assert run.rc == 2
    (written,) = (ansible.directory / "evidence").glob("*.json")
    who = json.loads(written.read_text())["provenance"]
    assert who["awx"] == {"job_id": 42, "user_name": "ann", "job_template_name": "Gate", "launched_by": "ann"}
    assert (who["play"], who["groups"]) == ("Play", ["window"])
    assert who["options"] == {
        "max_age": "20h", "change_number": "CHG7", "report_dir": "evidence", "report_formats": ["json"], "artifact_format": "markdown", "show_table": False,
    }  # fmt: skip
    assert all(who[name] for name in ("collection_version", "ansible_version", "user", "controller_host"))
    assert "NO-GO" in run.custom_stats["veeam_gate_report"]
    assert run.custom_stats["veeam_gate_change_number"] == "CHG7"


def test_a_host_that_comes_back_is_asked_about(ansible: Ansible, em: t.Any) -> None:
    """After clear_host_errors it works on, but Ansible does not count it to the batch any more."""
    hosts = inventory({"window": {"web01": {}, "bad01": {}}})
    away: Vars = {
        "name": "Away",
        "ansible.builtin.ping": {},
        "when": "inventory_hostname == 'bad01'",
        "vars": {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1},
    }
    back: Vars = {"name": "Back", "ansible.builtin.meta": "clear_host_errors"}
    gate = verify(on_not_ok="exclude")
    run = ansible.playbook(playbook(play("window", away, back, gate)), inventory=hosts, em=em)
    assert went_on(run) == ["web01"]
    before = {"name": "Before", "hosts": "window", "gather_facts": False, "tasks": [away]}
    run = ansible.playbook(playbook(before, play("window", back, gate)), inventory=hosts, em=em)
    assert went_on(run) == ["web01"]


@pytest.mark.parametrize("how", ["import_role", "include_role"])
@pytest.mark.parametrize("own", [{"run_once": True}, {"when": "inventory_hostname == ansible_play_hosts[0]"}])
def test_a_host_that_cannot_be_left_out_stops_the_play(ansible: Ansible, em: t.Any, how: str, own: Vars) -> None:
    """The role says that it leaves hosts out at its end, to which only those come that Ansible brings there."""
    hosts = inventory({"window": {"web01": {}, "web02": {}, "bad01": {}}})
    task = {**verify(how=how, on_not_ok="exclude"), **own}
    run = ansible.playbook(playbook(play("window", task)), inventory=hosts, em=em)
    if how == "import_role" and "run_once" in own:
        # Its last task has a run_once of its own.
        assert (run.rc, sorted(went_on(run))) == (0, ["web01", "web02"])
        return
    assert (run.rc, went_on(run)) == (2, [])
    assert "bad01 would have to be left out" in words(run)[0]
    assert run.custom_stats["veeam_gate_ok"] is False
    assert run.custom_stats["veeam_gate_go_hosts"] == []


CHANGING = [
    "veeam_em_protection is not defined",
    "(veeam_em_protection | default({})).verdict | default('none') != 'ok'",
    "patched or veeam_em_protection is not defined",
    "first_call",
    "inventory_hostname not in groups['veeam_gate_no_go'] | default([])",
    "'veeam_gate_go' not in group_names",
]
"""Conditions that are true until the role gives each host its fact, or puts it into a group."""


@pytest.mark.ends
def test_a_condition_that_the_role_itself_changes_is_refused(ansible: Ansible, em: t.Any) -> None:
    hosts = inventory(
        {"window": {"bad01": {"patched": False, "first_call": "{{ veeam_em_protection is not defined }}"}}}
    )
    blocks: list[Vars] = [
        {"block": [{**verify(), "when": condition}], "rescue": [{"name": "Refused", "ansible.builtin.debug": {}}]}
        for condition in CHANGING
    ]
    last = {**verify(how="include_role"), "when": CHANGING[0]}
    run = ansible.playbook(playbook(play("window", *blocks, last)), inventory=hosts, em=em)
    assert [each["task"] for each in run.results].count("Refused") == len(CHANGING)
    begun = [
        each["result"]["msg"] for each in run.results if each["task"].endswith("Begin") and each["status"] == "failed"
    ]
    assert ["use include_role" in said for said in begun] == [True] * len(CHANGING)
    assert (run.rc, went_on(run), logons(em)) == (2, [], 1)
    settings = {P + "group": "window", P + "report_dir": ""}
    for condition in (CHANGING[0], "veeam_gate_window is not defined"):
        imported: Vars = {"name": "Verify", "ansible.builtin.import_playbook": "backup_ops.veeam_em.verify_backups"}
        asked = playbook({**imported, "when": condition}, play("window"))
        run = ansible.playbook(asked, inventory=hosts, extra_vars=settings, em=em)
        assert (run.rc, went_on(run), logons(em)) == (2, [], 1)


def test_hosts_that_share_a_machine_are_told(ansible: Ansible, em: t.Any) -> None:
    """One name for all, where a template was meant, would let all go by one backup."""
    hosts = inventory({"window": {"web01": {}, "bad01": {}}}, {"window": {"machine_name": "web01"}})
    run = ansible.playbook(playbook(play("window", verify())), inventory=hosts, em=em)
    assert run.rc == 0, run.output
    assert "web01 and bad01 stand for one machine, 'web01', and share its verdict" in " ".join(run.output.split())


def test_ways_around_it_are_those_that_are_documented(ansible: Ansible, em: t.Any) -> None:
    """Errors that are ignored, and tags that are skipped; a failure that is tolerated in part, or a start in the middle, is none."""
    hosts = inventory({"window": {"web01": {}, "bad01": {}}})
    tolerant = playbook(play("all", verify(), max_fail_percentage=90))
    run = ansible.playbook(tolerant, inventory=hosts, em=em)
    assert (run.rc, went_on(run)) == (2, [])
    run = ansible.playbook(
        tolerant, inventory=hosts, em=em, args=["--start-at-task", f"{ROLE.rpartition('.')[2]} : {TELL}"]
    )
    assert went_on(run) == []
    run = ansible.playbook(tolerant, inventory=hosts, em=em, args=["--skip-tags", "verify_backups"])
    assert (run.rc, sorted(went_on(run))) == (0, ["bad01", "web01"])
    for name, given in (
        ("__verify_backups_gate", {"stop": False, "text": "GO"}),
        ("veeam_em_protection", {"go": True}),
    ):
        run = ansible.playbook(playbook(play("all", verify())), inventory=hosts, em=em, extra_vars={name: given})
        assert (run.rc, went_on(run)) == (2, [])
    run = ansible.playbook(playbook(play("all", verify(ignore=True))), inventory=hosts, em=em)
    assert (run.rc, sorted(went_on(run))) == (0, ["bad01", "web01"])


def test_every_place_of_a_variable_counts_for_its_host(ansible: Ansible, em: t.Any) -> None:
    """Block, task, role parameter, set_fact, include in an include, and a delegated task: each host is found by its own name."""
    hosts = inventory({"renamed": {name: {"vmname": f"vm-{name}"} for name in ("x1", "x2")}, "beside": {"web01": {}}})
    own = "{{ vmname }}"
    fact = {"name": "Set", "ansible.builtin.set_fact": {f"{P}machine_name": own}}
    (ansible.directory / "nested.yml").write_text(json.dumps([verify(how="include_role")]) + "\n")
    nested = {"name": "Nest", "ansible.builtin.include_tasks": "nested.yml", "vars": {f"{P}machine_name": own}}
    block = {"name": "Block", "block": [verify()], "vars": {f"{P}machine_name": own}}
    delegated = {**verify(machine_name=own), "delegate_to": "web01"}
    plays = [
        play("renamed", block),
        play("renamed", verify(), vars={f"{P}machine_name": own}),
        play("renamed", nested),
        play("renamed", delegated),
        {
            "name": "Play",
            "hosts": "renamed",
            "gather_facts": False,
            "roles": [{"role": ROLE, f"{P}machine_name": own, f"{P}report_dir": ""}],
        },
        play("renamed", fact, verify()),
    ]
    run = ansible.playbook(playbook(*plays), inventory=hosts, em=em)
    assert run.rc == 0, run.output
    assert went_on(run).count("x1") == went_on(run).count("x2") == 5
