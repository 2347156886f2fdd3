from __future__ import annotations

from tests.helm.chart import render


def test_what_comes_back_without_a_lost_call_may_be_evicted() -> None:
    chart = render()
    found = {each["metadata"]["name"]: each["spec"] for each in chart.all("PodDisruptionBudget")}
    assert found.keys() == {"plait-workers"}  # neither the head nor a Valkey
    (spec,) = found.values()
    assert (
        spec["minAvailable"] == 1
    )  # percentages cannot be had: Ray's pods have no owner that scales
    assert spec["selector"]["matchLabels"]["ray.io/node-type"] == "worker"
    assert spec["unhealthyPodEvictionPolicy"] == "AlwaysAllow"


def test_a_head_whose_end_is_its_clusters_may_not() -> None:
    chart = render(serving={"gcs": {"faultTolerance": False}})
    assert chart.names("PodDisruptionBudget") == {"plait-head", "plait-workers"}


def test_none_are_had_where_none_are_wanted() -> None:
    none = render(podDisruptionBudgets={"minAvailableWorkers": 0})
    assert none.names("PodDisruptionBudget") == set()
    assert render(podDisruptionBudgets={"enabled": False}).all("PodDisruptionBudget") == []
