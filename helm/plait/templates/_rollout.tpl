{{/* Annotations that change when something changes that a replica reads only at its start. KubeRay then starts a second
cluster next to the first, and no request is lost. Secrets that the chart made never change, so only existing secrets are
read. The API key is left out, because replicas read it again while they run. */}}
{{- define "plait.rollout" -}}
plait/project: {{ ternary (include "plait.seen" (dict "root" . "kind" "ConfigMap" "names" (list .Values.existingProject))) (toYaml .Values.project | sha256sum | trunc 16) (not (empty .Values.existingProject)) | quote }}
plait/secrets: {{ include "plait.seen" (dict "root" . "kind" "Secret" "names" (list .Values.s3.existingSecret .Values.pseudonyms.existingSecret .Values.liveState.existingSecret)) | quote }}
{{- with .Values.rollout }}
plait/rollout: {{ . | quote }}
{{- end }}
{{- end }}

{{/* A checksum of these Secrets or ConfigMaps. It includes their uid, so a short password cannot be guessed from it.
Without a cluster (helm template) they cannot be read, and the result is always empty. */}}
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
