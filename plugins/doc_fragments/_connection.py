# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The connection options, for modules and, with their environment variables, for plugins. Private to the collection."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  host:
    description:
      - Name or address of the Enterprise Manager server, without protocol, port or path.
      - If it is not set, the environment variable E(VEEAM_EM_HOST) is used. One of them is needed.
    type: str
    aliases: [hostname]
  port:
    description:
      - Port of its REST API.
      - Old servers without HTTPS use V(9399); V(9419) is the backup server's own API and does not work here.
      - If it is not set, the environment variable E(VEEAM_EM_PORT) is used.
    type: int
    default: 9398
  protocol:
    description:
      - 'V(http) is for old servers (9.5 and before) only: the password travels unencrypted, and a warning says so.'
      - If it is not set, the environment variable E(VEEAM_EM_PROTOCOL) is used.
    type: str
    choices: [https, http]
    default: https
  username:
    description:
      - Account that has a role in Enterprise Manager, such as C(DOMAIN\user), C(HOST\user) or C(user).
      - If it is not set, the environment variable E(VEEAM_EM_USERNAME) is used. One of them is needed.
    type: str
    aliases: [user]
  password:
    description:
      - Password of O(username).
      - If it is not set, the environment variable E(VEEAM_EM_PASSWORD) is used. One of them is needed.
    type: str
  validate_certs:
    description:
      - Whether the server's certificate is checked.
      - If V(false), a warning says so, and anybody between can read the password.
      - If it is not set, the environment variable E(VEEAM_EM_VALIDATE_CERTS) is used.
    type: bool
    default: true
  ca_path:
    description:
      - File with certificates to trust in PEM form, or a folder of such files, used instead of the public authorities. They may be those of
        authorities, or the server's own.
      - Mutually exclusive with O(ca_cert) and O(ca_fingerprint).
      - If it is not set, the environment variable E(VEEAM_EM_CA_PATH) is used.
    type: path
  ca_cert:
    description:
      - Certificates to trust in PEM form as text, as credential types of automation platforms inject them.
      - Mutually exclusive with O(ca_path) and O(ca_fingerprint).
      - If it is not set, the environment variable E(VEEAM_EM_CA_CERT) is used.
    type: str
  ca_fingerprint:
    description:
      - SHA-256 fingerprint of the server's own certificate, in any usual notation. It pins that certificate, whatever its names,
        its end and who issued it, as for the self-signed one that Enterprise Manager installs.
      - A server with another certificate is refused before anything is sent to it.
      - Mutually exclusive with O(ca_path), O(ca_cert) and O(validate_certs=false).
      - If it is not set, the environment variable E(VEEAM_EM_CA_FINGERPRINT) is used.
    type: str
  timeout:
    description:
      - Seconds to wait until the server answers or goes on with its answer, from 1 to 86400. A whole answer may take longer.
      - If it is not set, the environment variable E(VEEAM_EM_TIMEOUT) is used.
    type: int
    default: 60
  retries:
    description:
      - How many times a reading request or a logon is sent again after a lost connection or the answers 429, 502, 503 and 504.
      - A refused password is never tried again.
      - If it is not set, the environment variable E(VEEAM_EM_RETRIES) is used.
    type: int
    default: 3
  api_version:
    description:
      - 'Version of the API to log on with: V(latest), or one such as V(v1_4).'
      - If it is not set, the environment variable E(VEEAM_EM_API_VERSION) is used.
    type: str
    default: latest
  data_format:
    description:
      - V(auto) asks for JSON and accepts either format; servers before 9.5 Update 4 know only XML.
      - With V(json) or V(xml) an answer in the other format is an error.
      - The results are the same in every format.
      - If it is not set, the environment variable E(VEEAM_EM_DATA_FORMAT) is used.
    type: str
    choices: [auto, json, xml]
    default: auto
  page_size:
    description:
      - Rows in one answer of the query service, from 1 to 10000.
      - If it is not set, the environment variable E(VEEAM_EM_PAGE_SIZE) is used.
    type: int
    default: 500
  parallel_requests:
    description:
      - How many parts of a large answer (more than 10 pages) are read side by side, from 1 to 8.
      - V(1) reads one page after the other.
      - If it is not set, the environment variable E(VEEAM_EM_PARALLEL_REQUESTS) is used.
    type: int
    default: 4
notes:
  - Modules talk to Enterprise Manager from where the task runs. Delegate them to the controller, as the examples do;
    the machines that are backed up need nothing installed.
requirements:
  - requests
  - xmltodict
"""

    PLUGIN = r"""
options:
  host:
    env:
      - name: VEEAM_EM_HOST
  port:
    env:
      - name: VEEAM_EM_PORT
  protocol:
    env:
      - name: VEEAM_EM_PROTOCOL
  username:
    env:
      - name: VEEAM_EM_USERNAME
  password:
    env:
      - name: VEEAM_EM_PASSWORD
  validate_certs:
    env:
      - name: VEEAM_EM_VALIDATE_CERTS
  ca_path:
    env:
      - name: VEEAM_EM_CA_PATH
  ca_cert:
    env:
      - name: VEEAM_EM_CA_CERT
  ca_fingerprint:
    env:
      - name: VEEAM_EM_CA_FINGERPRINT
  timeout:
    env:
      - name: VEEAM_EM_TIMEOUT
  retries:
    env:
      - name: VEEAM_EM_RETRIES
  api_version:
    env:
      - name: VEEAM_EM_API_VERSION
  data_format:
    env:
      - name: VEEAM_EM_DATA_FORMAT
  page_size:
    env:
      - name: VEEAM_EM_PAGE_SIZE
  parallel_requests:
    env:
      - name: VEEAM_EM_PARALLEL_REQUESTS
"""
