{{/* Parts of NetworkPolicies. */}}
{{- define "plait.policy" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "plait.meta" (dict "root" .root "name" (printf "%s-%s" .root.Release.Name .name) "component" "network") | nindent 2 }}
{{- end }}

{{- define "plait.pods" -}}
podSelector:
  matchLabels:
    {{- include "plait.selector" . | nindent 4 }}
    {{- with .node }}
    ray.io/node-type: {{ . }}
    {{- end }}
{{- end }}

{{/* Peers: all pods of these namespaces. */}}
{{- define "plait.namespaces" -}}
- namespaceSelector:
    matchExpressions:
      - {key: kubernetes.io/metadata.name, operator: In, values: {{ toJson . }}}
{{- end }}

{{- define "plait.egress" -}}
- ports:
    {{- range .ports }}
    - {protocol: TCP, port: {{ . }}}
    {{- end }}
  {{- with .peers }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{/* Port 443 and the port of s3.endpoint. */}}
{{- define "plait.bucketPorts" -}}
{{- $ports := .Values.networkPolicy.bucketPorts -}}
{{- with regexFind ":[0-9]+/?$" .Values.s3.endpoint -}}
{{- $ports = append $ports (int (trimAll ":/" .)) -}}
{{- end -}}
{{- if hasPrefix "http://" .Values.s3.endpoint -}}
{{- $ports = append $ports 80 -}}
{{- end -}}
{{ $ports | uniq | toJson }}
{{- end }}

{{- define "plait.bucket" -}}
{{ include "plait.egress" (dict "ports" (include "plait.bucketPorts" . | fromJsonArray) "peers" .Values.networkPolicy.bucketPeers) }}
{{- end }}

{{- define "plait.apiServer" -}}
{{ include "plait.egress" (dict "ports" .Values.networkPolicy.apiServerPorts "peers" .Values.networkPolicy.apiServerPeers) }}
{{- end }}
