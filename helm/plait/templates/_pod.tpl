{{/* Parts of every pod: security contexts that pass the `restricted` level, the project file, the environment. */}}
{{- define "plait.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ . }}
runAsGroup: {{ . }}
fsGroup: {{ . }}
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "plait.containerSecurity" -}}
allowPrivilegeEscalation: false
capabilities: {drop: [ALL]}
runAsNonRoot: true
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "plait.pullSecrets" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end }}

{{/* nodeSelector, tolerations, affinity of one group of values. */}}
{{- define "plait.placement" -}}
{{- with .nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "plait.projectFile" -}}
plait.yaml: |
  {{- toYaml .Values.project | nindent 2 }}
{{- end }}

{{- define "plait.projectMount" -}}
- name: project
  mountPath: /etc/plait
  readOnly: true
{{- end }}

{{- define "plait.projectVolume" -}}
- name: project
  configMap:
    name: {{ include "plait.projectName" . }}
    items: [{key: plait.yaml, path: plait.yaml}]
{{- end }}

{{/* The paths of the project file and the application. */}}
{{- define "plait.env.base" -}}
- name: PLAIT_CONFIG
  value: /etc/plait/plait.yaml
- name: RAY_USAGE_STATS_ENABLED
  value: "0"
{{- end }}

{{/* Connection to the bucket. Without a secret, the cloud identity of the service account is used. */}}
{{- define "plait.env.bucket" -}}
- name: AWS_REGION
  value: {{ .Values.s3.region | quote }}
{{- with .Values.s3.endpoint }}
- name: AWS_ENDPOINT_URL
  value: {{ . | quote }}
{{- end }}
{{- if .Values.s3.allowHttp }}
- name: AWS_ALLOW_HTTP
  value: "true"
{{- end }}
{{- if .Values.s3.virtualHostedStyle }}
- name: AWS_VIRTUAL_HOSTED_STYLE_REQUEST
  value: "true"
{{- end }}
{{- with .Values.s3.existingSecret }}
- name: AWS_ACCESS_KEY_ID
  valueFrom: {secretKeyRef: {name: {{ . }}, key: {{ $.Values.s3.keys.accessKeyId }}}}
- name: AWS_SECRET_ACCESS_KEY
  valueFrom: {secretKeyRef: {name: {{ . }}, key: {{ $.Values.s3.keys.secretAccessKey }}}}
{{- with $.Values.s3.keys.sessionToken }}
- name: AWS_SESSION_TOKEN
  valueFrom: {secretKeyRef: {name: {{ $.Values.s3.existingSecret }}, key: {{ . }}}}
{{- end }}
{{- end }}
{{- end }}

{{- define "plait.env.pseudonyms" -}}
- name: PLAIT_PSEUDONYM_KEY
  valueFrom:
    secretKeyRef:
      name: {{ include "plait.secret" (dict "root" . "given" .Values.pseudonyms.existingSecret "own" "pseudonyms") }}
      key: {{ .Values.pseudonyms.key }}
{{- end }}

{{/* The master keys of the vault. Only the identity job, which is fuse's driver, may open it. */}}
{{- define "plait.env.vault" -}}
{{- with .Values.vault.existingSecret }}
- name: PLAIT_VAULT_KEY
  valueFrom: {secretKeyRef: {name: {{ . }}, key: {{ $.Values.vault.key }}}}
{{- end }}
{{- end }}

{{/* The API keys as files. The kubelet updates them with the secret. Both keys are accepted while the secret has two. */}}
{{- define "plait.access.env" -}}
{{- if .Values.access.enabled }}
- name: PLAIT_API_KEY_FILE
  value: /etc/plait-access/current:/etc/plait-access/next
{{- end }}
{{- end }}

{{- define "plait.access.mount" -}}
{{- if .Values.access.enabled }}
- name: access
  mountPath: /etc/plait-access
  readOnly: true
{{- end }}
{{- end }}

{{- define "plait.access.volume" -}}
{{- if .Values.access.enabled }}
{{- $name := include "plait.secret" (dict "root" . "given" .Values.access.existingSecret "own" "access") }}
- name: access
  projected:
    defaultMode: 0440
    sources:
      - secret: {name: {{ $name }}, items: [{key: {{ .Values.access.key }}, path: current}]}
      {{- with .Values.access.nextKey }}
      - secret: {name: {{ $name }}, optional: true, items: [{key: {{ . }}, path: next}]}
      {{- end }}
{{- end }}
{{- end }}

{{/* The kubelet puts the password into the address, so no manifest contains a secret. */}}
{{- define "plait.env.liveState" -}}
{{- if or .Values.liveState.own.enabled .Values.liveState.external.host }}
{{- $out := .Values.liveState.external -}}
{{- $password := or .Values.liveState.own.enabled .Values.liveState.existingSecret -}}
{{- $login := ternary ":$(PLAIT_LIVE_STATE_PASSWORD)@" "" (not (empty $password)) -}}
{{- if $password }}
- name: PLAIT_LIVE_STATE_PASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ include "plait.secret" (dict "root" . "given" .Values.liveState.existingSecret "own" "live-state") }}
      key: {{ .Values.liveState.key }}
{{- end }}
{{- if and $out.durability (not .Values.liveState.own.enabled) }}
- name: PLAIT_LIVE_STATE_DURABILITY
  value: {{ $out.durability }}
{{- end }}
- name: PLAIT_LIVE_STATE
{{- if .Values.liveState.own.enabled }}
  value: redis://{{ $login }}{{ .Release.Name }}-live-state:6379/0
{{- else }}
  value: {{ ternary "rediss" "redis" $out.tls }}://{{ $login }}{{ $out.host }}:{{ $out.port }}/{{ $out.database }}
{{- end }}
{{- end }}
{{- end }}

{{- define "plait.env.more" -}}
{{- with .Values.env }}
{{ toYaml . }}
{{- end }}
{{- end }}
