# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What query_info does: rows of any type that the query service knows. Private to the collection."""

from __future__ import annotations

import dataclasses
import datetime as dt

from .._client.client import EnterpriseManagerClient
from .._errors import SettingsError, one_of
from .._records.record_set import Order
from .._records.resources import queryable
from .._times import UTC
from .expressions import nearest_fields
from .names import named_answer
from .options import read_selection, record_key
from .resource import Answer, Params, answer_of, read


def gather_query(client: EnterpriseManagerClient, params: Params) -> Answer:
    """Rows of any type that the query service knows."""
    resource = queryable(params["type"])
    field = None
    if params["sort_by"] is not None:
        field = next((name for name in resource.fields if name.lower() == params["sort_by"].lower()), None)
        if field is None and resource.fields:
            meant = nearest_fields(params["sort_by"], resource)
            asked = f"did you mean {one_of(meant)}? Its fields are" if meant else "use"
            raise SettingsError(
                f"{params['type']} can't be sorted by {params['sort_by']!r}",
                hint=f"{asked} {', '.join(resource.fields)}",
            )
    now = dt.datetime.now(UTC)

    def ask(given: Params) -> Answer:
        wanted = read_selection(resource, {**given, "sort_by": None}, now)
        if params["sort_by"] is not None:
            key = field or params["sort_by"]
            order = Order(record_key(resource, key), key, wanted.order.descending)
            wanted = dataclasses.replace(wanted, order=order)
        return answer_of(resource, read(client, wanted))

    return named_answer(client, [resource], params, now, ask, resource.plural)
