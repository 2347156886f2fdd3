"""`plait identity link`: two accounts are one person."""

from __future__ import annotations

from plait.cli.console import DEFAULT_CONFIG, ConfigOption, JsonOption
from plait.cli.identity.assert_accounts import assert_accounts
from plait.cli.identity.assertion_options import (
    DryRunOption,
    FirstAccount,
    SecondAccount,
    UrlOption,
    WhoOption,
    WhyOption,
)


def link(
    first: FirstAccount,
    second: SecondAccount,
    why: WhyOption,
    who: WhoOption = None,
    url: UrlOption = None,
    dry_run: DryRunOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Link two accounts to one person. It outranks other evidence, until it is undone."""
    assert_accounts(
        "link", (first, second), who, why, url=url, dry_run=dry_run, config=config, as_json=as_json
    )
