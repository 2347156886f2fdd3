"""A verb's custom resource: the chart's template filled in, sized and validated."""
