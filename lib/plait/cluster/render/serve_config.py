"""Sets the model that a RayService serves."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from plait.cluster.cluster_verbs import Resource, serve_parser
from plait.errors import BadTemplate, RuleBroken

MODEL_VARIABLE, VERSION_VARIABLE = "PLAIT_MODEL", "PLAIT_MODEL_VERSION"


def set_served_model(resource: Resource, arguments: Sequence[str]) -> None:
    """Writes the model and version of `arguments` into the service's configuration.

    Raises:
        BadTemplate: the template has no setting for them.
    """
    import yaml

    parser: ArgumentParser = serve_parser()
    given = parser.parse_args(list(arguments))
    chosen = {MODEL_VARIABLE: given.model, VERSION_VARIABLE: given.version}
    chosen = {name: value for name, value in chosen.items() if value is not None}
    if not chosen:
        return
    config: dict[str, Any] = yaml.safe_load(resource["spec"]["serveConfigV2"])
    environment = (config["applications"][0].get("runtime_env") or {}).get("env_vars") or {}
    for name, value in chosen.items():
        if name not in environment:
            raise BadTemplate(
                f"the template of serve has no {name} to set.",
                fix="Render the template with the chart of this version of plait.",
            )
        environment[name] = value
    resource["spec"]["serveConfigV2"] = yaml.safe_dump(config, sort_keys=False)


def check_upgrade(before: Resource, after: Resource) -> None:
    """Checks that an upgrade does not change the image and the configuration at once.

    KubeRay would apply the new configuration to pods with the old image, before new pods are up.

    Raises:
        RuleBroken: both change.
    """
    if _serve_config(before) == _serve_config(after) or _head_image(before) == _head_image(after):
        return
    raise RuleBroken(
        f"RayService '{after['metadata']['name']}' would get another image and another "
        "configuration at once, and the old image would run the new configuration first.",
        allowed=f"It runs {_head_image(before)}.",
        fix=f"Do it in two steps: first `plait submit serve --image {_head_image(after)}` with the "
        "model as it is, then the model with that image.",
    )


def _serve_config(resource: Resource) -> Any:
    import yaml

    return yaml.safe_load(resource["spec"].get("serveConfigV2") or "")


def _head_image(resource: Resource) -> str:
    head = resource["spec"]["rayClusterConfig"]["headGroupSpec"]["template"]["spec"]
    return str(head["containers"][0].get("image", ""))
