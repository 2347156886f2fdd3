"""The `people.vault` section of a project file: where the master key of the vault is."""

from __future__ import annotations

from pydantic import Field

from plait.config.project_sections import StrictModel


class VaultSettings(StrictModel):
    """The master key of the vault, under which its data keys are encrypted."""

    key_file: str | None = Field(
        None,
        description="A file of mode 0600 with the master keys, 64 hexadecimal characters each, one "
        "a line, oldest first; the last one encrypts. The environment variable PLAIT_VAULT_KEY "
        "takes precedence. Default: that variable.",
        examples=["/etc/plait/vault.key"],
    )
    kms_key: str | None = Field(
        None,
        description="The AWS KMS key that encrypts instead: its id, ARN or alias. Keys of "
        "`key_file` and PLAIT_VAULT_KEY then only read what they encrypted. It needs boto3: "
        "pip install 'plait[kms]'. Default: none.",
        examples=["alias/plait-vault"],
    )
