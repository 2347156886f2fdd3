from __future__ import annotations

import pytest

from plait.cluster.cluster_verbs import VERBS, find_verb
from plait.cluster.render.job_arguments import check_arguments, describe_options
from plait.errors import UnknownArgument


def refused(verb: str, *given: str) -> str:
    with pytest.raises(UnknownArgument) as caught:
        check_arguments(VERBS[verb], given, known=("--workers", "--release", "--timeout"))
    return str(caught.value)


def test_what_the_job_knows_passes_as_it_is() -> None:
    given = ["--epochs", "3", "--refit", "--max-failures", "-1", "--platform=shop"]
    assert check_arguments(VERBS["train"], given) == given
    assert check_arguments(VERBS["fuse"], ["--full"]) == ["--full"]


@pytest.mark.parametrize(
    ("typo", "meant"),
    [("--epohcs", "'--epochs'"), ("--epoch", "'--epochs'"), ("--relase", "'--release'")],
)
def test_a_typo_is_told_the_nearest_name_of_verb_and_submit(typo: str, meant: str) -> None:
    assert meant in refused("train", typo, "3")


def test_a_value_that_cannot_be_read_is_refused_before_anything_is_submitted() -> None:
    assert "--epochs" in refused("train", "--epochs", "many")
    assert "--split" in refused("train", "--split", "some")
    assert "--out" in refused("recommend")
    assert "'extra'" in refused("evaluate", "extra")


def test_what_the_chart_sets_is_not_given_again() -> None:
    assert "helm upgrade" in refused("train", "-c", "plait.yaml")
    assert "plait fuse" in refused("fuse", "--engine", "local")


def test_help_lists_what_may_be_given() -> None:
    options = {option for option, _ in describe_options(VERBS["train"])}
    assert "--epochs EPOCHS" in options
    assert not any("--config" in option or "--workers" in option for option in options)


def test_an_unknown_verb_is_told_the_nearest() -> None:
    with pytest.raises(UnknownArgument, match="'train'"):
        find_verb("trian")
