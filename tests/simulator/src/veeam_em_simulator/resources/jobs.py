# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs of virtual machines, of agents and of file shares, with the objects in them."""

from __future__ import annotations

from veeam_em_simulator.estate.model import COPY_TYPES, Job
from veeam_em_simulator.identifiers import urn
from veeam_em_simulator.resources.base import ADMIN, Context, Resource
from veeam_em_simulator.resources.schedule import job_schedule
from veeam_em_simulator.store.database import Row
from veeam_em_simulator.wire.model import Child, Element, Link, Strings, wrapped

_INFO_KEYS = ("BackupJobInfo", "ReplicaJobInfo", "BackupCopyJobInfo", "ImmediateBackupCopyJobInfo")


def _model(context: Context, row: Row) -> Job:
    job = context.site.job(row["id"])
    assert job is not None
    return job


def _head(context: Context, row: Row) -> list[Child]:
    return [
        ("JobType", row["job_type"]),
        ("Platform", row["platform"]),
        ("Description", row["description"]),
        *_when(context, row),
    ]


def _when(context: Context, row: Row) -> list[Child]:
    return [
        ("ScheduleConfigured", bool(row["schedule_configured"])),
        ("ScheduleEnabled", bool(row["schedule_enabled"])),
        ("NextRun", context.time(row["next_run"])),
        ("JobScheduleOptions", job_schedule(_model(context, row), context.profile)),
    ]


def _guest_processing() -> Element:
    indexing = Element(
        "WindowsGuestFSIndexingOptions",
        children=[
            ("FileSystemIndexingMode", "ExcludeSpecifiedFolders"),
            ("IncludedIndexingFolders", Strings("IncludedIndexingFolders", "Path", [])),
            ("ExcludedIndexingFolders", Strings("ExcludedIndexingFolders", "Path", ["%windir%", "%Temp%"])),
        ],
    )
    return Element("GuestProcessingOptions", children=[("WindowsGuestFSIndexingOptions", indexing), ("SqlBackupOptions", None)])


def _gfs() -> Element:
    weekly: list[Child] = [("Enabled", False), ("RetentionPeriod", 1), ("SelectedDay", "Sunday")]
    monthly: list[Child] = [("Enabled", False), ("RetentionPeriod", 1), ("SelectedWeek", "First")]
    yearly: list[Child] = [("Enabled", False), ("RetentionPeriod", 1), ("SelectedMonth", "January")]
    return Element(
        "GfsRetentionPolicy",
        {"Enabled": False},
        children=[
            ("Weekly", Element("Weekly", children=weekly)),
            ("Monthly", Element("Monthly", children=monthly)),
            ("Yearly", Element("Yearly", children=yearly)),
        ],
    )


def _retention(job: Job) -> Element:
    return Element(
        "SimpleRetentionPolicy",
        children=[("RetainCycles", job.retention), ("RetainDaysToKeep", job.retention), ("RetainLimitType", "Cycles")],
    )


def objects(context: Context, job_id: str) -> list[Row]:
    return context.database.rows("SELECT * FROM job_objects WHERE job_id = ? ORDER BY position", (job_id,))


def object_element(context: Context, row: Row, job_row: Row, *, tag: str = "ObjectInJob", path: str = "jobs") -> Element:
    """An object in a job of virtual machines or of agents."""
    job_href = f"{context.base}/{path}/{row['job_id']}"
    href = f"{job_href}/includes/{row['id']}"
    # The place in the list was told by old versions only, and of virtual machines
    told = tag == "ObjectInJob" and not context.profile.system_sessions
    order: list[Child] = [("Order", row["position"])] if told else []
    return Element(
        tag,
        {"Type": tag, "Href": href},
        [Link("Up", job_href, job_row["name"], "JobReference"), Link("Delete", href)],
        [
            ("ObjectInJobId", row["id"]),
            ("HierarchyObjRef", row["ref"]),
            ("Name", row["name"]),
            ("DisplayName", row["name"]),
            *order,
            ("GuestProcessingOptions", None),
        ],
    )


def linked_jobs(context: Context, row: Row) -> list[Element]:
    """The jobs whose backups a copy job copies."""
    return [
        Element("LinkedJobObject", children=[("ObjectInJobId", item["id"]), ("LinkedJobUid", urn("Job", source.id))])
        for item, source in zip(objects(context, row["id"]), _model(context, row).source_jobs, strict=False)
    ]


def _vm_job_fields(context: Context, row: Row) -> list[Child]:
    job = _model(context, row)
    info: dict[str, Element | None] = dict.fromkeys(_INFO_KEYS)
    # Jobs of types that nobody has described are shown as backup jobs are
    key = f"{row['job_type']}JobInfo" if f"{row['job_type']}JobInfo" in _INFO_KEYS else "BackupJobInfo"
    if row["job_type"] not in COPY_TYPES:
        items = [object_element(context, item, row) for item in objects(context, row["id"])]
        children: list[Child] = [
            ("Includes", wrapped("Includes", "ObjectInJob", items)),
            ("GuestProcessingOptions", _guest_processing()),
            ("AdvancedStorageOptions", Element("AdvancedStorageOptions", children=[("PasswordKeyId", None)])),
            ("GfsRetentionPolicy", _gfs()),
            ("SimpleRetentionPolicy", _retention(job)),
        ]
    else:
        children = [
            ("LinkedJobIncludes", wrapped("LinkedJobIncludes", "LinkedJobObject", linked_jobs(context, row))),
            ("LinkedBackupIncludes", None),
            ("LinkedBackupRepositoryIncludes", wrapped("LinkedBackupRepositoryIncludes", "LinkedBackupRepository", [], "LinkedBackupRepositories")),
        ]
    info[key] = Element(key, children=children)
    return [*_head(context, row), ("JobInfo", Element("JobInfo", children=list(info.items())))]


def _vm_job_links(context: Context, row: Row) -> list[Link]:
    href = JOBS.href(context, row)
    replica = row["job_type"] == "Replica"
    down = (
        Link("Down", f"{href}/replicaSessions", None, "ReplicaJobSessionReferenceList")
        if replica
        else Link("Down", f"{href}/backupSessions", None, "BackupJobSessionReferenceList")
    )
    head = [context.server_link(row), JOBS.alternate_reference(context, row)]
    toggle = Link("ToggleScheduleEnabled", f"{href}?action=toggleScheduleEnabled")
    clone = Link("Clone", f"{href}?action=clone")
    if row["job_type"] in COPY_TYPES:
        return [
            *head, clone, toggle,
            Link("Down", f"{href}/includes", None, "ObjectInJobList"), down,
            Link("Create", f"{href}/includes", None, "ObjectInJob"),
            Link("Sync", f"{href}?action=sync"),
            Link("Down", f"{href}/linkedJobs", None, "LinkedJobObjectList"),
            Link("Create", f"{href}/linkedJobs", None, "LinkedJobObject"),
            Link("Down", f"{href}/linkedBackupRepositories", None, "LinkedBackupRepositoryList"),
            Link("Create", f"{href}/linkedBackupRepositories", None, "LinkedBackupRepository"),
        ]  # fmt: skip
    return [
        *head, Link("Edit", href, row["name"], "JobReference"), clone, toggle,
        Link("Down", f"{href}/includes", None, "ObjectInJobList"), down,
        Link("Create", f"{href}/includes", None, "ObjectInJob"),
        Link("Start", f"{href}?action=start"), Link("Stop", f"{href}?action=stop"), Link("Retry", f"{href}?action=retry"),
    ]  # fmt: skip


def _vm_job_reference_links(context: Context, row: Row) -> list[Link]:
    href = JOBS.href(context, row)
    kind = "replicaSessions" if row["job_type"] == "Replica" else "backupSessions"
    list_type = "ReplicaJobSessionReferenceList" if row["job_type"] == "Replica" else "BackupJobSessionReferenceList"
    return [context.server_link(row), JOBS.alternate_entity(context, row), Link("Down", f"{href}/{kind}", None, list_type)]


JOBS: Resource = Resource(
    "Job", "Jobs", "jobs", "jobs", ADMIN, _vm_job_fields, _vm_job_links, _vm_job_reference_links, where="t.family = 'vm'"
)


def _agent_job_fields(context: Context, row: Row) -> list[Child]:
    items = [
        object_element(context, item, row, tag="ObjectInAgentBackupJob", path="agents/jobs") for item in objects(context, row["id"])
    ]
    children: list[Child] = [
        ("Includes", wrapped("Includes", "ObjectInAgentBackupJob", items)),
        ("GuestProcessingOptions", None),
        ("GfsRetentionPolicy", _gfs()),
        ("SimpleRetentionPolicy", _retention(_model(context, row))),
    ]
    return [*_head(context, row), ("JobInfo", Element("JobInfo", children=children))]


def _agent_job_links(context: Context, row: Row) -> list[Link]:
    href = AGENT_JOBS.href(context, row)
    return [
        context.server_link(row),
        Link("Alternate", href, row["name"], "JobReference"),
        Link("Down", f"{href}/includes", None, "ObjectInJobList"),
        Link("ToggleScheduleEnabled", f"{href}?action=toggleScheduleEnabled"),
        Link("Down", f"{href}/backupSessions", None, "BackupJobSessionReferenceList"),
        Link("Start", f"{href}?action=start"),
        Link("Stop", f"{href}?action=stop"),
        Link("Retry", f"{href}?action=retry"),
    ]


def _other_job_reference_links(resource: Resource, context: Context, row: Row) -> list[Link]:
    down = Link("Down", f"{resource.href(context, row)}/backupSessions", None, "BackupJobSessionReferenceList")
    return [context.server_link(row), resource.alternate_entity(context, row), down]


AGENT_JOBS: Resource = Resource(
    "AgentBackupJob", "AgentBackupJobs", "agents/jobs", "jobs", ADMIN,
    _agent_job_fields, _agent_job_links,
    lambda context, row: _other_job_reference_links(AGENT_JOBS, context, row),
    where="t.family = 'agent'",
)  # fmt: skip


def nas_object(row: Row) -> Element:
    return Element(
        "NASObject",
        children=[
            ("HierarchyObjRef", row["ref"]),
            ("ObjectInJobId", row["id"]),
            ("FileOrFolder", row["path"]),
            ("FileServerUid", urn("FileServer", row["file_server_id"])),
            ("InclusionMask", Strings("InclusionMask", "Extension", ["*.*"])),
            ("ExclusionMask", Strings("ExclusionMask", "Extension", [])),
        ],
    )


def _nas_job_fields(context: Context, row: Row) -> list[Child]:
    job = _model(context, row)
    acl = Element("ACL", children=[("FileAttributesChangeTrackingMode", "TrackFolderAttributesOnly")])
    advanced = Element("AdvancedStorageOptions", children=[("ACL", acl)])
    storage = Element(
        "StorageOptions",
        children=[
            ("BackupRepositoryUid", urn("Repository", job.repository.id)),
            ("ShorttermRetentionType", "Day"),
            ("ShorttermRetentionPeriod", 28),
            ("LongtermRetentionEnabled", False),
            ("KeepFileVersionsHistoryOptions", None),
            ("AdvancedStorageOptions", advanced),
        ],
    )
    items = [nas_object(item) for item in objects(context, row["id"])]
    return [
        ("Description", row["description"]),
        ("Includes", wrapped("Includes", "NASObject", items)),
        ("StorageOptions", storage),
        *_when(context, row),
    ]


def _nas_job_links(context: Context, row: Row) -> list[Link]:
    href = NAS_JOBS.href(context, row)
    return [
        context.server_link(row),
        NAS_JOBS.alternate_reference(context, row),
        Link("Edit", href, row["name"], "NasJobReference"),
        Link("ToggleScheduleEnabled", f"{href}/toggleScheduleEnabled"),
        Link("Down", f"{href}/includes", None, "NasObjectList"),
        Link("Down", f"{href}/backupSessions", None, "BackupJobSessionReferenceList"),
        Link("Start", f"{href}/start"),
        Link("Stop", f"{href}/stop"),
        Link("Retry", f"{href}/retry"),
    ]


NAS_JOBS: Resource = Resource(
    "NasJob", "NASJobs", "nas/jobs", "jobs", ADMIN,
    _nas_job_fields, _nas_job_links,
    lambda context, row: _other_job_reference_links(NAS_JOBS, context, row),
    where="t.family = 'nas'", tag="NASJob",
)  # fmt: skip
