"""A master key of the vault in AWS KMS. The key itself never leaves KMS."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from plait.errors import BadKey, PlaitError
from plait.privacy.vault_keys import (
    VAULT_VARIABLE,
    LocalMasterKeys,
    WrappedKey,
    damaged,
    lost_key,
)

_PREFIX = "kms:"
_LOST = {"NotFoundException", "DisabledException", "KMSInvalidStateException"}


@dataclass(frozen=True)
class KmsMasterKeys:
    """A KMS key that wraps, and local keys that unwrap what they wrapped before.

    Attributes:
        client: boto3's client of KMS.
        key: the id, ARN or alias of the key.
        local: the local keys, if there are any.
    """

    client: Any
    key: str
    local: LocalMasterKeys | None = None

    @classmethod
    def open(cls, key: str, local: LocalMasterKeys | None) -> KmsMasterKeys:
        """Returns the keys; the region is that of the ARN, else AWS_REGION or AWS_DEFAULT_REGION.

        Raises:
            BadKey: boto3 is not installed, or no region is known.
        """
        try:
            import boto3
            from botocore.config import Config
        except ImportError:
            raise BadKey(
                "people.vault.kms_key needs boto3, which is not installed.",
                fix="Run: pip install 'plait[kms]'",
            ) from None
        parts = key.split(":")
        region = parts[3] if key.startswith("arn:") and len(parts) > 3 else None
        region = region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
        if not region:
            raise BadKey(f"the region of the KMS key '{key}' is not known.", fix="Set AWS_REGION.")
        patient = Config(connect_timeout=5, read_timeout=30, retries={"max_attempts": 4})
        return cls(boto3.client("kms", region_name=region, config=patient), key, local)

    @cached_property
    def _newest(self) -> str:
        about = self._call("describe_key", KeyId=self.key)["KeyMetadata"]
        return f"{_PREFIX}{about['Arn']}"

    def new_data_key(self, path: str) -> tuple[bytes, WrappedKey]:
        """See MasterKeys."""
        made = self._call(
            "generate_data_key",
            KeyId=self.key,
            KeySpec="AES_256",
            EncryptionContext={"plait": path},
        )
        return made["Plaintext"], WrappedKey(_PREFIX + made["KeyId"], made["CiphertextBlob"])

    def wrap(self, data_key: bytes, path: str) -> WrappedKey:
        """See MasterKeys."""
        made = self._call(
            "encrypt", KeyId=self.key, Plaintext=data_key, EncryptionContext={"plait": path}
        )
        return WrappedKey(_PREFIX + made["KeyId"], made["CiphertextBlob"])

    def unwrap(self, key: WrappedKey, path: str) -> bytes:
        """See MasterKeys."""
        if not key.master.startswith(_PREFIX):
            if self.local is None:
                raise lost_key(key.master, path, f"neither {VAULT_VARIABLE} nor a file is given")
            return self.local.unwrap(key, path)
        master = key.master.removeprefix(_PREFIX)
        from botocore.exceptions import ClientError

        try:
            made = self.client.decrypt(
                KeyId=master, CiphertextBlob=key.wrapped, EncryptionContext={"plait": path}
            )
        except ClientError as error:
            if (code := _code(error)) in _LOST:
                raise lost_key(key.master, path, f"KMS says {code}") from None
            if code == "InvalidCiphertextException":
                raise damaged(path) from None
            raise self._refusal(error) from None
        except Exception as error:
            raise self._refusal(error) from None
        plain: bytes = made["Plaintext"]
        return plain

    def is_newest(self, master: str) -> bool:
        """See MasterKeys."""
        return master == self._newest

    def _call(self, name: str, **arguments: Any) -> dict[str, Any]:
        try:
            found: dict[str, Any] = getattr(self.client, name)(**arguments)
        except Exception as error:
            raise self._refusal(error) from None
        return found

    def _refusal(self, error: Exception) -> PlaitError:
        """Returns the error of a call that KMS refused, or that did not reach it."""
        from botocore.exceptions import BotoCoreError, ClientError

        if not isinstance(error, BotoCoreError | ClientError):
            raise error
        code = _code(error) if isinstance(error, ClientError) else type(error).__name__
        return BadKey(
            f"the KMS key '{self.key}' cannot be used ({code}).",
            allowed="The credentials need kms:DescribeKey, GenerateDataKey, Encrypt and Decrypt.",
            fix="Correct people.vault.kms_key, the credentials, or AWS_ENDPOINT_URL_KMS. If "
            "AWS_ENDPOINT_URL names an S3 server, use AWS_ENDPOINT_URL_S3 for it.",
        )


def _code(error: Any) -> str:
    return str(error.response.get("Error", {}).get("Code", "unknown"))
