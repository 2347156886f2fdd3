{{/* Annotations that change with what a replica reads once, when it starts: KubeRay then starts a second cluster beside the
first, and no call is lost. Secrets that the chart made never change, so only those that others made are looked at; the
API key is read again while all runs. */}}
{{- define "plait.rollout" -}}
plait/project: {{ ternary (include "plait.seen" (dict "root" . "kind" "ConfigMap" "names" (list .Values.existingProject))) (toYaml .Values.project | sha256sum | trunc 16) (not (empty .Values.existingProject)) | quote }}
plait/secrets: {{ include "plait.seen" (dict "root" . "kind" "Secret" "names" (list .Values.s3.existingSecret .Values.pseudonyms.existingSecret .Values.liveState.existingSecret)) | quote }}
{{- with .Values.rollout }}
plait/rollout: {{ . | quote }}
{{- end }}
{{- end }}

{{/* What these Secrets or ConfigMaps hold, as a checksum. Their uid goes in as well: a short password cannot be found by
trying. Without a cluster (helm template) nothing is seen, and it is always the same. */}}
{{- define "plait.seen" -}}
{{- $root := .root -}}
{{- $kind := .kind -}}
{{- $seen := list -}}
{{- range compact .names -}}
{{- with lookup "v1" $kind $root.Release.Namespace . -}}
{{- $seen = append $seen (printf "%s %s" .metadata.uid (toJson .data)) -}}
{{- end -}}
{{- end -}}
{{- if $seen -}}
{{ join "\n" $seen | sha256sum | trunc 16 }}
{{- end -}}
{{- end }}
