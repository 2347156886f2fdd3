{{/* Names and labels. Everything is named after the release, so `plait submit --release NAME` needs no other name. */}}
{{- define "plait.labels" -}}
app.kubernetes.io/name: plait
{{ include "plait.podLabels" . }}
{{- end }}

{{/* Ray's pods keep KubeRay's own name label: the Services that KubeRay makes for heads select by it. */}}
{{- define "plait.podLabels" -}}
{{- $root := .root -}}
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
app.kubernetes.io/part-of: plait
{{- with $root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Labels of resources that Helm owns. Pods have no version label: a new version alone would restart them. */}}
{{- define "plait.resourceLabels" -}}
{{ include "plait.labels" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{- define "plait.selector" -}}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/part-of: plait
{{- with .component }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- end }}

{{- define "plait.meta" -}}
name: {{ .name }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "plait.resourceLabels" . | nindent 2 }}
{{- end }}

{{- define "plait.image" -}}
{{- $image := index .root.Values.image .of -}}
{{- if $image.digest -}}
{{ $image.repository }}@{{ $image.digest }}
{{- else -}}
{{ $image.repository }}:{{ $image.tag | default .root.Chart.AppVersion }}
{{- end -}}
{{- end }}

{{- define "plait.projectName" -}}
{{ .Values.existingProject | default (printf "%s-project" .Release.Name) }}
{{- end }}

{{/* The service account of a workload. serve, jobs, fuse and executor may be the user's; the others are the chart's. */}}
{{- define "plait.account" -}}
{{- $own := printf "%s-%s" .root.Release.Name .of -}}
{{- $given := index .root.Values.serviceAccounts .of | default dict -}}
{{ $given.name | default $own }}
{{- end }}

{{- define "plait.secret" -}}
{{ .given | default (printf "%s-%s" .root.Release.Name .own) }}
{{- end }}
