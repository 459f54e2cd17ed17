# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs between the product versions that the simulator can play."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Profile:
    """The traits of one product version."""

    name: str
    api_versions: tuple[str, ...]
    camel_keys: bool
    """JSON keys in camelCase (v13) rather than PascalCase."""
    nulls: bool
    """JSON keys without a value are present with null rather than left out."""
    fraction_digits: int
    iso_restore_point_names: bool
    upper_hex: bool
    """Hex digits of echoed URLs."""
    case_sensitive_names: bool
    """Text in filters is compared exactly (PostgreSQL) rather than without regard to case (SQL Server)."""
    backup_server_port: int
    backup_server_version: str
    backup_server_details: bool
    """WcfPort and VbrCertificateThumbprint are there."""
    task_vm_uid: bool
    system_sessions: bool
    nas: bool
    periodic_copy_type: str
    server_header: str
    bare_reasons: bool
    """Reason phrases without blanks, as HTTP.sys-hosted servers send them."""
    xml_only: bool = False


_WINDOWS = "Microsoft-HTTPAPI/2.0"

PROFILES: dict[str, Profile] = {
    "v95u4": Profile(
        name="v95u4",
        api_versions=("v1", "v1_1", "v1_2", "v1_3", "v1_4"),
        camel_keys=False,
        nulls=False,
        fraction_digits=0,
        iso_restore_point_names=False,
        upper_hex=False,
        case_sensitive_names=False,
        backup_server_port=9392,
        backup_server_version="9.5.4.2866",
        backup_server_details=False,
        task_vm_uid=False,
        system_sessions=False,
        nas=False,
        periodic_copy_type="BackupCopy",
        server_header=_WINDOWS,
        bare_reasons=True,
    ),
    "v12": Profile(
        name="v12",
        api_versions=("v1_5", "v1_6", "v1_7"),
        camel_keys=False,
        nulls=True,
        fraction_digits=3,
        iso_restore_point_names=False,
        upper_hex=False,
        case_sensitive_names=False,
        backup_server_port=9392,
        backup_server_version="12.3.2.4465",
        backup_server_details=True,
        task_vm_uid=True,
        system_sessions=True,
        nas=True,
        periodic_copy_type="BackupCopy",
        server_header=_WINDOWS,
        bare_reasons=True,
    ),
    "v13": Profile(
        name="v13",
        api_versions=("v1_5", "v1_6", "v1_7"),
        camel_keys=True,
        nulls=True,
        fraction_digits=6,
        iso_restore_point_names=True,
        upper_hex=True,
        case_sensitive_names=True,
        backup_server_port=443,
        backup_server_version="13.0.1.2067",
        backup_server_details=True,
        task_vm_uid=True,
        system_sessions=True,
        nas=True,
        periodic_copy_type="ImmediateBackupCopy",
        server_header="Kestrel",
        bare_reasons=False,
    ),
}
