"""What applications say about accounts: links, unlinks and consent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from plait.config import Project
from plait.contracts.consent_rows import PURPOSES
from plait.contracts.http_messages import (
    Account,
    ConsentRequest,
    ConsentResponse,
    LinkRequest,
    LinkResponse,
    UnlinkRequest,
    UnlinkResponse,
)
from plait.errors import nearest
from plait.live import LiveState, PersonLookup
from plait.live.link_reason import LinkReason
from plait.serving.problems import ProblemError, field_problem


class AccountService:
    """Keeps what is said about accounts. Methods block: call them off the event loop.

    Args:
        project: the project, for its platforms.
        state: live state.
        pseudonyms: returns the pseudonym of each account.
    """

    def __init__(
        self,
        project: Project,
        state: LiveState,
        pseudonyms: Callable[[Sequence[Account]], list[str]],
    ) -> None:
        self._project, self._state, self._pseudonyms = project, state, pseudonyms

    def link(self, message: LinkRequest) -> LinkResponse:
        """Links two accounts. The next recommendation for either uses the events of both.

        Raises:
            ProblemError: a platform is unknown, or both accounts are the same.
            TooManyAccounts: the person would have too many accounts.
            LiveStateDown: Valkey does not answer. The link may or may not have been stored.
        """
        one, two = self._account_pair(message)
        self._check_joinable([one, two])
        if message.dry_run:
            person, merged = self._state.preview_link(one, two)
        else:
            reason = LinkReason(message.who, message.why)
            person, merged = self._state.link(one, two, datetime.now(UTC), reason)
        return LinkResponse(
            person_id=person,
            merged=merged,
            effect="merged" if merged else "same_person",
            dry_run=message.dry_run,
        )

    def unlink(self, message: UnlinkRequest) -> UnlinkResponse:
        """Unlinks two accounts: at once, or with the next fuse if a fuse joined them.

        Raises:
            ProblemError: a platform is unknown, or both accounts are the same.
            LiveStateDown: Valkey does not answer. The unlink may or may not have been stored.
        """
        one, two = self._account_pair(message)
        if message.dry_run:
            people, effective = self._state.preview_unlink(one, two)
        else:
            reason = LinkReason(message.who, message.why)
            people, effective = self._state.unlink(one, two, datetime.now(UTC), reason)
        told = {"person_ids": people, "effective": effective, "dry_run": message.dry_run}
        return UnlinkResponse.model_validate(told)

    def consent(self, account: Account, message: ConsentRequest) -> ConsentResponse:
        """Keeps what an account says about its consent. It is on disk when this returns.

        Raises:
            ProblemError: the platform is unknown.
            LiveStateDown: Valkey does not answer. The statement may or may not have been stored.
        """
        check_platform(self._project, account.platform, "platform")
        (pseudonym,) = self._pseudonyms([account])
        said: dict[str, bool] = {
            name: value for name in PURPOSES if (value := getattr(message, name)) is not None
        }
        now, whose = datetime.now(UTC), (pseudonym, account.platform)
        self._state.set_consent(whose, said, now, message.who or "", message.why or "")
        withdrawn = [name for name, allowed in said.items() if not allowed]
        at_once = bool({"link", "share"} & {*withdrawn})
        return ConsentResponse(
            withdrawn=withdrawn,
            granted=[name for name, allowed in said.items() if allowed],
            effective="now" if at_once else "next_fuse",
        )

    def _account_pair(self, message: LinkRequest) -> tuple[tuple[str, str], tuple[str, str]]:
        """Returns (pseudonym, platform) of both accounts."""
        one, two = message.accounts
        for i, account in enumerate(message.accounts):
            check_platform(self._project, account.platform, f"accounts.{i}.platform")
        first, second = self._pseudonyms(message.accounts)
        if first == second:
            raise field_problem("accounts", "both are the same account", "Name two.")
        return (first, one.platform), (second, two.platform)

    def _check_joinable(self, accounts: Sequence[tuple[str, str]]) -> None:
        """Raises ProblemError (409) if an account does not consent to be joined to others."""
        known = self._state.read_people([PersonLookup("", *account) for account in accounts])
        refusing = [str(i) for i, found in enumerate(known) if found.own_platform]
        if refusing:
            raise ProblemError(
                409,
                f"accounts.{refusing[0]} does not consent to be joined to other accounts. It needs "
                "consent to link and to share, and the next fuse.",
            )


def check_platform(project: Project, name: str, where: str) -> None:
    """Raises ProblemError if the project has no platform `name`, which the field `where` names."""
    if name not in project.platforms:
        hint = nearest(name, project.platforms)
        raise field_problem(where, f"there is no platform '{name}'", hint)
