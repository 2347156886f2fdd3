"""Renders a verb's custom resource from the chart's template, sizes it and validates it."""
