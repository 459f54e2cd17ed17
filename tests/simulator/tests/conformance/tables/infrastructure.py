# SPDX-License-Identifier: GPL-3.0-or-later
"""Backup servers, hypervisors and repositories."""

from __future__ import annotations

from conformance.notation import Entity, links, members

ENTITIES = (
    Entity(
        source="05 section 1",
        type="BackupServer", plural="BackupServers", path="/backupServers",
        members=members("""
            Description text
            Port int
            Version text
            WcfPort int v12
            VbrCertificateThumbprint text v12
        """),
        links=links("""
            Alternate BackupServerReference {self} name
            Edit BackupServerReference {self} ~
            Delete BackupServerReference {self} ~
            Down JobReferenceList {self}/jobs
            Down ManagedServerReferenceList {self}/managedServers
            Down RepositoryReferenceList {self}/repositories
            Down ExternalRepositoryReferenceList {self}/externalRepositories ?
            Down CredentialsList {self}/credentials
            Create - {self}/credentials?action=create
            Down PasswordKeyList {self}/passwords
            Create - {self}/passwords?action=create
            VeeamZip - {self}?action=veeamzip
            QuickBackup - {self}?action=quickbackup
            Start - {self}?action=collect
        """),
        reference_links=links("""
            Down JobReferenceList {self}/jobs
            Down RepositoryReferenceList {self}/repositories
            Down ExternalRepositoryReferenceList {self}/externalRepositories ?
            Down CredentialsList {self}/credentials
            Down PasswordKeyList {self}/passwords
            Alternate BackupServer {self}?format=Entity name
            Down ManagedServerReferenceList {self}/managedServers
        """),
        below={"jobs": "Job", "managedServers": "ManagedServer", "repositories": "Repository"},
    ),
    Entity(
        source="06 section 4",
        type="HierarchyRoot", plural="HierarchyRoots", path="/hierarchyRoots",
        members=members("""
            HierarchyRootId guid
            UniqueId text
            HostType ESX|VC|ESXi|HvServer|HvCluster|Scvmm|VcdSystem
        """),
        links=links("""
            Up BackupServerReference /backupServers/{} name
            Alternate HierarchyRootReference {self} name
            Related ManagedServer /managedServers/{}?format=Entity name
        """),
    ),
    Entity(
        source="06 section 5",
        type="ManagedServer", plural="ManagedServers", path="/managedServers",
        members=members("""
            Description text
            ManagedServerType ESX|VC|Linux|Local|Windows|ESXi|HvServer|HvCluster|Scvmm|BackupServer|SmbServer|Cloud|NdmpServer
        """),
        links=links("""
            Up BackupServer /backupServers/{}?format=Entity name
            Alternate ManagedServerReference {self} name
            Related HierarchyRoot /hierarchyRoots/{}?format=Entity name ?
        """),
    ),
    Entity(
        source="06 section 6",
        type="Repository", plural="Repositories", path="/repositories",
        members=members("""
            Capacity int
            FreeSpace int
            Kind text
        """),
        links=links("""
            Up BackupServerReference /backupServers/{} name
            Alternate RepositoryReference {self} name
            Down BackupReferenceList {self}/backups
            Down ReplicaReferenceList {self}/replicas
        """),
        below={"backups": "Backup", "replicas": "Replica"},
    ),
)
