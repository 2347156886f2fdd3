from __future__ import annotations

from tests.helm.chart import render


def test_budgets_are_whole_numbers_of_pods_that_exist() -> None:
    chart = render()
    found = {each["metadata"]["name"]: each["spec"] for each in chart.all("PodDisruptionBudget")}
    assert found.keys() == {"plait-head", "plait-workers", "plait-live-state", "plait-gcs"}
    for spec in found.values():
        assert isinstance(spec["minAvailable"], int)
        assert "maxUnavailable" not in spec  # Ray's pods have no owner that scales
    labels = found["plait-workers"]["selector"]["matchLabels"]
    assert labels["ray.io/node-type"] == "worker"
    none = render(podDisruptionBudgets={"minAvailableWorkers": 0})
    assert "plait-workers" not in none.names("PodDisruptionBudget")
    assert render(podDisruptionBudgets={"enabled": False}).all("PodDisruptionBudget") == []
