"""`plait vault rewrap`: encrypts the vault's data keys under the newest master key."""

from __future__ import annotations

import json

import typer

from plait.cli.console import DEFAULT_CONFIG, ConfigOption, JsonOption

app = typer.Typer(no_args_is_help=True, help="Rotate the master key of the vault.")


@app.callback()
def vault() -> None:
    """Rotate the master key of the vault."""


@app.command()
def rewrap(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """Encrypt all data keys under the newest master key, so that older ones can be thrown away.

    Add the newest key after the others before: one a line in PLAIT_VAULT_KEY or the key file.
    """
    from plait.config import load_config
    from plait.errors import ConfigError
    from plait.privacy.pseudonym_key import load_key
    from plait.privacy.vault import open_vault
    from plait.say_count import say_count
    from plait.store import Store
    from plait.store.object_folder import ObjectFolder
    from plait.store.require_writable import require_writable

    project = load_config(config)
    if project.people.vault is None:
        raise ConfigError(
            f"'{config}' has no vault.", fix="Set people.vault: {} to keep attributes in one."
        )
    store = Store(project.store_uri)
    require_writable(store)
    opened = open_vault(project, ObjectFolder(store.objects), load_key(project, create=False))
    changed = 0 if opened is None else opened.rewrap()
    if as_json:
        typer.echo(json.dumps({"rewrapped": changed}))
        return
    typer.echo(
        f"{say_count(changed, 'object')} of the vault changed to the newest master key. All are "
        "under it now, and older ones are no longer needed."
    )
