# SPDX-License-Identifier: GPL-3.0-or-later
"""The log of Enterprise Manager's own work: collections from the backup servers, and what it does at night."""

from __future__ import annotations

from veeam_em_simulator.clock import DAY, MINUTE, SECOND, midnight
from veeam_em_simulator.estate.model import CollectionResult, Estate
from veeam_em_simulator.identifiers import stable_guid
from veeam_em_simulator.store.writer import Writer

_COLLECTIONS_TOLD = 2 * DAY
_STATES = {"Success": "CompletedSuccessfully", "Warning": "CompletedWarning", "Failed": "Failed"}
_ENDS = {"Success": "successfully", "Warning": "with warnings", "Failed": "with errors"}


def collection_result(estate: Estate, moment: int, number: int = 0) -> CollectionResult:
    """How the collection ended that is that far from the newest; those to come end as the newest did."""
    told = estate.settings.collections
    if told:
        return told[min(number, len(told) - 1)]
    return "Warning" if _left_out(estate, moment) else "Success"


def _left_out(estate: Estate, moment: int) -> list[str]:
    return [s.name for s in estate.servers if s.collected_until is not None and s.collected_until < moment]


def add_collection(writer: Writer, estate: Estate, moment: int, servers: int, result: CollectionResult) -> None:
    """The system session of a collection from so many servers."""
    message = ""
    if result != "Success" and (left_out := _left_out(estate, moment)):
        message = f": failed to collect data from {', '.join(left_out)}"
    _system(writer, estate.seed, "CollectJob", "Collect Job", moment, 21 * SECOND + servers * SECOND, result, message)


def _system(
    writer: Writer, seed: int, kind: str, title: str, moment: int, took: int, result: CollectionResult = "Success", more: str = ""
) -> None:
    start = moment - took
    writer.add(
        "system_sessions", stable_guid(seed, kind, str(start)), writer.at(f"{title} ", start), kind, writer.time(start),
        writer.time(moment), _STATES[result], result, f"{title} has been completed {_ENDS[result]}{more}",
    )


def add_system_sessions(writer: Writer, estate: Estate) -> None:
    newest = estate.settings.last_attempt
    told = estate.settings.collection_log
    moments = range(newest, newest - (told or _COLLECTIONS_TOLD), -estate.settings.collection_step)
    for number, moment in enumerate(moments):
        add_collection(writer, estate, moment, len(estate.servers), collection_result(estate, moment, number))
    for day in range(30 if told is None else told // DAY + 1):
        night = midnight(newest) - day * DAY + 30 * MINUTE
        if night <= newest:
            _system(writer, estate.seed, "DatabaseMaintenance", "Database Maintenance", night, 95 * SECOND)
            _system(writer, estate.seed, "CatalogReplicationJob", "Catalog Replication", night + 5 * MINUTE, 40 * SECOND)
