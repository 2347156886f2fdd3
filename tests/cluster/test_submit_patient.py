"""What is refused only after a while: it is given a little patience first."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from .kubectl import kubectl
from .submitting import HASTY, MINUTE_S, Desk, Ended, desk, told


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with desk("patient", tmp_path_factory.mktemp("submit")) as made:
        yield made


@pytest.fixture(scope="module")
def meanwhile(place: Desk) -> Iterator[dict[str, Future[Ended]]]:
    """What takes half a minute to be refused, all at once."""
    config = json.loads(kubectl("config", "view", "--raw", "-o", "json"))
    config["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:1"
    file = place.folder / "down"
    file.write_text(json.dumps(config))
    down = dataclasses.replace(place, kubeconfig=str(file))
    with ThreadPoolExecutor() as pool:
        yield {
            "no image": pool.submit(place.plait, "submit", "train", "--image", "localhost/no:1"),
            "no server": pool.submit(down.plait, "submit", "train"),
        }


@pytest.mark.usefixtures("meanwhile")
def test_more_cpus_than_the_node_has(place: Desk) -> None:
    ended = place.plait("submit", "train", "--cpus", "640", *HASTY, "--output", "json")
    told(ended, 7, within=MINUTE_S)
    assert ended.record["exit_code"] == 7
    assert "640, and the largest node has" in ended.record["why"]


def test_what_could_not_start_says_so_later_and_does_not_run_again(place: Desk) -> None:
    asked = ("submit", "train", "--cpus", "641", "--run", "too-large", "--patience", "5s")
    first, again = place.plait(*asked), place.plait(*asked)
    told(first, 7, "largest node", "up to 5 s", within=MINUTE_S)
    told(again, 7, "largest node")
    listed = json.loads(place.plait("status", "demo-train-too-large", "--output", "json").out)
    (run,) = listed["runs"]
    assert (run["state"], run["exit_code"]) == ("cancelled", 7)


def test_an_api_server_that_is_not_there(meanwhile: dict[str, Future[Ended]]) -> None:
    ended = meanwhile["no server"].result()
    told(ended, 3, "does not respond", "Connection refused", within=MINUTE_S)


def test_an_image_that_is_not_there(meanwhile: dict[str, Future[Ended]]) -> None:
    ended = meanwhile["no image"].result()
    told(ended, 6, "Image 'localhost/no:1' cannot be pulled", "cancelled", within=MINUTE_S)
