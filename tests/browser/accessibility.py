"""Runs axe on a page, with the rules of WCAG 2.2 AA and best practices."""

from pathlib import Path

from playwright.sync_api import Page

AXE = (Path(__file__).with_name("vendor") / "axe.min.js").read_text("utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_RUN_SCRIPT = f"axe.run({{runOnly: {TAGS}}}).then(results => results.violations)"


def find_violations(page: Page) -> list[str]:
    """Return axe's violations on the page, each with its rule and element."""
    page.evaluate(AXE)
    return [
        f"{violation['id']}: {node['target']}: {node['failureSummary']}"
        for violation in page.evaluate(_RUN_SCRIPT)
        for node in violation["nodes"]
    ]
