"""`python -m tests.chart.golden`: render the chart's own value files again, to be reviewed as a diff."""

from pathlib import Path

import yaml

from tests.chart.rendering import CASES, NEWEST, case

FOLDER = Path(__file__).parent / "golden"


def text_of(name: str) -> str:
    return f"# {name}-values.yaml, Kubernetes {NEWEST}\n" + yaml.safe_dump_all(
        case(name), sort_keys=True, width=200, allow_unicode=True
    )


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name in CASES:
        (FOLDER / f"{name}.yaml").write_text(text_of(name), "utf-8")


if __name__ == "__main__":
    main()
