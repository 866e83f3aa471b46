"""Write `src/watchword/models/signing_names.json` from the installed botocore: the protocol of every service.

By the names that stand in credential scopes and host names. With `--check` nothing is written, and the exit status says
whether the file is current.

Source: the metadata of botocore's `data/*/service-2.json` (see NOTICE).
"""

from __future__ import annotations

import gzip
import json
import re
import sys
from pathlib import Path

import botocore
import msgspec

TARGET = Path(__file__).parent.parent / "src" / "watchword" / "models" / "signing_names.json"
_NAME = re.compile(r"[a-z0-9-]+\Z")
# What no binding is made for speaks one of the others as well.
_INSTEAD = {"smithy-rpc-v2-cbor": "json"}


class Metadata(msgspec.Struct, rename="camel"):
    protocol: str
    endpoint_prefix: str
    signing_name: str | None = None


class Model(msgspec.Struct):
    metadata: Metadata


def read() -> dict[str, str]:
    """Protocol by name; where services share a name, the one that is called so counts."""
    decoder = msgspec.json.Decoder(Model)
    found: dict[str, str] = {}
    for folder in sorted((Path(botocore.__file__).parent / "data").iterdir()):
        packed = sorted(folder.glob("*/service-2.json.gz"))
        if not packed:
            continue
        facts = decoder.decode(gzip.decompress(packed[-1].read_bytes())).metadata
        protocol = _INSTEAD.get(facts.protocol, facts.protocol)
        for name in {facts.signing_name or facts.endpoint_prefix, facts.endpoint_prefix}:
            if _NAME.match(name) and (name == folder.name or name not in found):
                found[name] = protocol
    return found


def main() -> int:
    lines = ",\n".join(f"{json.dumps(name)}:{json.dumps(protocol)}" for name, protocol in sorted(read().items()))
    text = f"{{\n{lines}\n}}\n"
    if TARGET.exists() and TARGET.read_text() == text:
        return 0
    if "--check" in sys.argv[1:]:
        print("not current: signing_names.json; run tools/convert_signing_names.py", file=sys.stderr)
        return 1
    TARGET.write_text(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
