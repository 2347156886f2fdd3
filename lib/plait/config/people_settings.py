"""The `people` section of a project file: the rules that join accounts into persons."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, PositiveFloat, PositiveInt

from plait.config.link_settings import LinkSettings
from plait.config.project_sections import StrictModel
from plait.config.vault_settings import VaultSettings

KeyType = Literal["email", "phone", "device", "cookie", "loyalty", "hash", "id"]


class KeySettings(StrictModel):
    """How the values of one identity key are compared, and what they may join."""

    type: KeyType | None = Field(
        None,
        description="What the values are: email, phone, device, cookie, loyalty, hash, or id for "
        "anything else. It decides how they are normalised. Default: by the key's name, else id.",
        examples=["email"],
    )
    priority: PositiveInt | None = Field(
        None,
        description="Stronger evidence has a higher number. It decides which rule an account is "
        "shown with and which edge is kept if evidence contradicts. Unit: none. Default: by type.",
        examples=[40],
    )
    limit: PositiveInt | None = Field(
        None,
        description="The most accounts that one value may join, of all platforms together; a value "
        "of more joins none. Unit: accounts. Default: per_platform, times the platforms.",
        examples=[5],
    )
    per_platform: PositiveInt | None = Field(
        None,
        description="The most accounts of one platform that one value may join; a value of more "
        "joins none. Unit: accounts. Default: `limit`, if it is set; else by type: 1 for a device "
        "or a cookie, 3 for an e-mail address or a phone number, 5 for others.",
        examples=[2],
    )
    window_days: PositiveFloat | None = Field(
        None,
        description="The time in which `limit` accounts are counted, by accounts.seen. Unit: days. "
        "Default: all time.",
        examples=[30],
    )
    blocked: list[str] = Field(
        default_factory=list,
        description="Values that identify nobody. Default: none but null words and their hashes.",
        examples=[["info@example.com"]],
    )


def _as_mapping(keys: object) -> object:
    """Returns a list of names as a mapping from name to settings."""
    if isinstance(keys, list) and all(isinstance(name, str) for name in keys):
        return {name: {} for name in keys}
    return keys


class PeopleSettings(StrictModel):
    """The rules that join accounts into persons."""

    same_account_id: list[list[str]] = Field(
        default_factory=list,
        description="Groups of platforms that share one account id space: equal ids are one "
        "person. Default: no group.",
        examples=[[["shop", "reviews"]]],
    )
    keys: Annotated[
        dict[str, KeySettings] | None,
        BeforeValidator(_as_mapping, json_schema_input_type=list[str] | dict[str, KeySettings]),
    ] = Field(
        None,
        description="Identity keys that join accounts: their names, or the settings of each. "
        "Default: every key that a platform declares.",
        examples=[["email_hash"], {"email": {"type": "email", "limit": 10}}],
    )
    max_accounts: PositiveInt = Field(
        50,
        description="The most accounts that one person may have; weaker evidence that would make "
        "more is not used. Unit: accounts.",
        examples=[20],
    )
    vault: VaultSettings | None = Field(
        None,
        description="Keep the identity keys and attributes of accounts encrypted in the store, so "
        "that they count after their file is gone. `{}` takes the key from the environment "
        "variable PLAIT_VAULT_KEY. Default: nothing is kept.",
        examples=[{"key_file": "/etc/plait/vault.key"}, {"kms_key": "alias/plait"}],
    )
    link: LinkSettings | None = Field(
        None,
        description="Joins accounts whose records (names, birth dates, addresses) are alike. "
        "Default: records are not compared.",
        examples=[{"columns": {"given_name": "first_name", "birth_date": "dob"}}],
    )
