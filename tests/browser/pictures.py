# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes the pictures of the documentation from the evidence of the demonstration: pictures EVIDENCE.json FOLDER."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from ansible_collections.backup_ops.veeam_em.plugins.plugin_utils._evidence.html import to_html
from ansible_collections.backup_ops.veeam_em.plugins.plugin_utils._evidence.mail import to_mail
from support.browser import chromium

_SIZES = {"report": (1180, 2000), "report-phone": (420, 860), "mail": (760, 1120)}


def main(evidence: Path, folder: Path) -> int:
    document = json.loads(evidence.read_text(encoding="utf-8"))
    # What a simulator of the tests is called says nothing to readers.
    document["em_host"] = "em01.example.test"
    texts = {"report": to_html(document), "report-phone": to_html(document), "mail": to_mail(document)}
    with tempfile.TemporaryDirectory() as scratch, chromium() as browser:
        for name, (width, height) in _SIZES.items():
            path = Path(scratch) / "page.html"
            path.write_text(texts[name], encoding="utf-8")
            page = browser.new_page(viewport={"width": width, "height": height})
            page.goto(path.as_uri())
            page.screenshot(path=str(folder / f"{name}.png"))
            print(folder / f"{name}.png")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]), Path(sys.argv[2])))
