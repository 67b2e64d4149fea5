"""Complete a bill of materials (CycloneDX): add what `cyclonedx-py environment` cannot see.

These are the hash and the address of each installed file, from pip's reports, and with `--base-image` also the
interpreter and the operating system's packages. Run it with the Python of the environment that has cyclonedx-bom.
"""

import argparse
import json
import platform
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

_DPKG, _RELEASE = Path("/var/lib/dpkg/status"), Path("/etc/os-release")

Document = dict[str, Any]


def normalize_name(name: str) -> str:
    """Return a package's name as indexes spell it: lower case, with hyphens."""
    return re.sub(r"[-_.]+", "-", name).lower()


def complete(document: Document, reports: Sequence[Mapping[str, Any]]) -> Document:
    """Return the document with the file of each component that pip's reports name."""
    files = {
        normalize_name(item["metadata"]["name"]): item["download_info"]
        for report in reports
        for item in report["install"]
    }
    components = [
        _with_file(item, files.get(normalize_name(item["name"]))) for item in document["components"]
    ]
    return document | {"components": components}


def _with_file(component: Document, file: Mapping[str, Any] | None) -> Document:
    if file is None:
        return component
    hashes = [{"alg": "SHA-256", "content": file["archive_info"]["hashes"]["sha256"]}]
    references = [*component.get("externalReferences", [])]
    if file["url"].startswith("https://"):
        references.append({"type": "distribution", "url": file["url"], "hashes": hashes})
    return component | {"hashes": hashes} | ({"externalReferences": references} if references else {})


def base_image_components(dpkg_status: str, os_release: str) -> Iterator[Document]:
    """Yield the interpreter, the operating system and its installed packages, from the content of the two files."""
    version = platform.python_version()
    yield {
        "type": "platform",
        "bom-ref": f"python=={version}",
        "name": "python",
        "version": version,
        "purl": f"pkg:generic/python@{version}",
    }
    release = dict(re.findall(r'^([A-Z_]+)="?([^"\n]*)', os_release, re.MULTILINE))
    system = f"{release['ID']}-{release.get('VERSION_ID', 'rolling')}"
    yield {
        "type": "operating-system",
        "bom-ref": system,
        "name": release["ID"],
        "version": release.get("VERSION_ID", "rolling"),
    }
    for paragraph in dpkg_status.split("\n\n"):
        fields = dict(re.findall(r"^(Package|Status|Version|Architecture): (.+)$", paragraph, re.MULTILINE))
        if fields.get("Status", "").endswith(" installed"):
            yield _debian_package(fields, release["ID"], system)


def _debian_package(fields: Mapping[str, str], vendor: str, system: str) -> Document:
    name, version, architecture = fields["Package"], fields["Version"], fields["Architecture"]
    purl = f"pkg:deb/{vendor}/{quote(name)}@{quote(version, safe='')}?arch={architecture}&distro={system}"
    return {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}


def main() -> None:
    parser = argparse.ArgumentParser(description="Complete a CycloneDX bill of materials.")
    parser.add_argument("--report", type=Path, action="append", default=[], help="report of `pip install`")
    parser.add_argument("--base-image", action="store_true", help="add the interpreter and Debian's packages")
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    options = parser.parse_args()
    reports = [json.loads(path.read_text("utf-8")) for path in options.report]
    document = complete(json.loads(options.source.read_text("utf-8")), reports)
    if options.base_image:
        document["components"] += base_image_components(_DPKG.read_text("utf-8"), _RELEASE.read_text("utf-8"))
    text = json.dumps(document, indent=2, sort_keys=True)
    _validate(text, document["specVersion"])
    options.target.write_text(text + "\n", "utf-8")


def _validate(text: str, version: str) -> None:
    """Exit with the first violation of the schema of CycloneDX."""
    from cyclonedx.schema import SchemaVersion  # noqa: PLC0415 - only the environment of the build has it
    from cyclonedx.validation.json import JsonStrictValidator  # noqa: PLC0415 - as above

    error = JsonStrictValidator(SchemaVersion.from_version(version)).validate_str(text)
    if error:
        raise SystemExit(f"the bill of materials is not valid CycloneDX {version}: {error}")


if __name__ == "__main__":
    main()
