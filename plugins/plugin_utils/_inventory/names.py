# Copyright (c) backup_ops.veeam_em contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of hosts that mean nothing but the host, and addresses to reach them. Pure functions. Private to the collection.

A host name is also a pattern (``web*``, ``a,b``, ``web 01`` is two), a path below ``host_vars``, an argument of ssh and perhaps a
template. Letters and digits of any script, dots, dashes and underscores are none of these. A name with anything else is changed, and a
digest of the real name makes sure that it is not the name of another machine.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
import typing as t
import unicodedata

Record = t.Dict[str, t.Any]

MAX_LENGTH = 200
"""Bytes: names of files and columns of databases end at 255."""
_MAX_STEM = MAX_LENGTH - len("_123456")
_SIMPLE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", re.ASCII)
# "web01.yml" below host_vars is where the variables of web01 are.
_FILE_ENDINGS = (".yml", ".yaml", ".json")
_NUMBER = re.compile(r"0x[0-9a-f]{1,8}|0[0-7]{0,11}|[1-9]\d{0,9}", re.ASCII)
# What resolvers and Ansible take for the machine they run on.
_OWN_NAMES = re.compile(
    r"localhost[46]?(?:\.localdomain[46]?)?|(?:.+\.)?localhost|ip6-(?:localhost|loopback)|(?:ipv6-)?loopback", re.ASCII
)


def variables_of(record: Record, prefix: str) -> dict[str, t.Any]:
    """The host variables of a record: every key with the prefix, and ``ansible_host`` where the server knows an address."""
    variables = {f"{prefix}{key}": value for key, value in record.items()}
    address = _address(record)
    if address is not None:
        variables["ansible_host"] = address
    return variables


def _address(record: Record) -> str | None:
    """Only what is an address beyond doubt, and another machine's: it ends up on the command line of ssh."""
    known = re.split(r"[\s,;]+", record.get("ip_address") or "")
    found = next((text for text in known if is_address(text)), None)
    if found is None and "backup_server" in record.get("kinds", (record["kind"],)):
        name = record["name"] or ""
        found = name if is_reachable(name) else None
    return found


def is_reachable(text: str) -> bool:
    """Whether it is a host name or an address that leads to one other machine and that ssh takes for nothing else."""
    if is_address(text):
        return True
    return _is_plain(text) and not is_own(text)


def is_address(text: str) -> bool:
    """Whether it is the address of one other machine, that every machine can reach by it."""
    address = _parsed(text)
    return address is not None and not _is_nowhere(address)


def is_own(name: str) -> bool:
    """Whether a resolver could take the name for the machine it runs on, or for a network of its own."""
    plain = unicodedata.normalize("NFKC", name).casefold().strip().strip("[]").rstrip(".")
    if _OWN_NAMES.fullmatch(plain):
        return True
    address = _parsed(plain.partition("%")[0]) or _old_notation(plain)
    return address is not None and _is_nowhere(address)


def _parsed(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    if "%" in text:
        return None
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _old_notation(text: str) -> ipaddress.IPv4Address | None:
    """``127.1``, ``0x7f.1`` and ``2130706433`` are addresses for the C library: one to four numbers, the last one fills the rest."""
    parts = text.split(".")
    if len(parts) > 4 or not all(map(_NUMBER.fullmatch, parts)):
        return None
    numbers = [int(part, 16 if part.startswith("0x") else 8 if part.startswith("0") else 10) for part in parts]
    value = sum(number << (24 - 8 * position) for position, number in enumerate(numbers[:-1])) + numbers[-1]
    return ipaddress.IPv4Address(value) if value < 1 << 32 else None


def _is_nowhere(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and int(address) >> 32 in (0, 0x64FF9B << 64):
            # The old form of IPv4 inside IPv6, and what NAT64 makes of it.
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None and _is_nowhere(inner):
            return True
    return (
        address.is_loopback
        or address.is_unspecified
        or address.is_link_local
        or address.is_multicast
        or address == ipaddress.ip_address("255.255.255.255")
    )


def safe_name(name: str, record: Record, reserved: t.Container[str]) -> str:
    """The name as it is, unless Ansible, ssh or a platform could take it for something else."""
    composed = unicodedata.normalize("NFC", name)
    if _is_safe(composed) and composed not in reserved:
        return composed
    cleaned = "".join(character if _is_harmless(character) else "_" for character in composed)
    cleaned = re.sub(r"\A[.-]", "_", cleaned).rstrip(".")
    cleaned = cleaned[:_MAX_STEM].encode()[:_MAX_STEM].decode(errors="ignore")
    if not cleaned.strip("_"):
        cleaned = suffix_of(record)
        name = record["identity"]
    return f"{cleaned}_{digest(name)[:6]}"


def _is_safe(name: str) -> bool:
    if is_own(name) or len(name.encode("utf-8", "surrogatepass")) > MAX_LENGTH or name.endswith(_FILE_ENDINGS):
        return False
    if _SIMPLE.fullmatch(name):
        return True
    if ":" in name:
        return is_address(name)
    return _is_plain(name)


def _is_plain(text: str) -> bool:
    return text[:1] not in ("", "-", ".") and all(map(_is_harmless, text))


def _is_harmless(character: str) -> bool:
    return character in "_.-" or unicodedata.category(character)[0] in "LMN"


def suffix_of(record: Record) -> str:
    """What tells machines of one name apart for people, if it does: the id at the hypervisor, or the kind."""
    return re.sub(r"[^A-Za-z0-9-]", "_", str(record.get("vm_ref") or record["kind"]))


def digest(text: str) -> str:
    """Eight characters that another text does not have by accident."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
