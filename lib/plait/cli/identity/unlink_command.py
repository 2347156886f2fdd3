"""`plait identity unlink`: two accounts are two persons."""

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


def unlink(
    first: FirstAccount,
    second: SecondAccount,
    why: WhyOption,
    who: WhoOption = None,
    url: UrlOption = None,
    dry_run: DryRunOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Keep two accounts apart, whatever other evidence says, until it is undone."""
    assert_accounts(
        "unlink",
        (first, second),
        who,
        why,
        url=url,
        dry_run=dry_run,
        config=config,
        as_json=as_json,
    )
