{{/* A Valkey of one pod: its configuration, Service and StatefulSet. */}}
{{- define "plait.gcsStore.own" -}}
{{- if and .Values.serving.gcs.faultTolerance (not .Values.gcsStore.externalAddress) -}}
true
{{- end -}}
{{- end }}

{{/* OnDelete: no upgrade restarts this Valkey. Ray 2.60 does not reconnect to it, so GCS and the head stop with it. */}}
{{- define "plait.gcsStore.valkey" -}}
{{- with .Values.gcsStore -}}
{{- dict "component" "gcs" "values" . "persistence" .persistence "resources" .resources "maxMemory" "" "fsync" "everysec" "whenDeleted" "Delete" "update" "OnDelete" "key" .key "given" .existingSecret "secret" (include "plait.secret" (dict "root" $ "given" .existingSecret "own" "gcs")) | toYaml -}}
{{- end -}}
{{- end }}

{{- define "plait.valkey.files" -}}
valkey.conf: |
  dir /data
  port 6379
  protected-mode no
  appendonly yes
  appendfsync {{ .fsync }}
  # A torn last write was never acknowledged.
  aof-load-truncated yes
  save ""
  maxmemory-policy noeviction
  {{- with .maxMemory }}
  maxmemory {{ . }}
  {{- end }}
# The password reaches the server on its standard input: neither a file nor the process list shows it.
start.sh: |
  exec /opt/plait/bin/valkey-server /etc/valkey/valkey.conf - < <(printf 'requirepass "%s"\n' "$VALKEY_PASSWORD")
ping.sh: |
  exec 3<>/dev/tcp/127.0.0.1/6379 || exit 1
  printf 'AUTH %s\r\nPING\r\nQUIT\r\n' "$VALKEY_PASSWORD" >&3
  grep -q PONG <&3
{{- end }}

{{- define "plait.valkey.pod" -}}
{{- $root := .root -}}
{{- $name := printf "%s-%s" $root.Release.Name .component -}}
serviceAccountName: {{ include "plait.account" (dict "root" $root "of" "plain") }}
automountServiceAccountToken: false
enableServiceLinks: false
terminationGracePeriodSeconds: 30
{{- with $root.Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- include "plait.pullSecrets" $root | nindent 0 }}
securityContext:
  {{- include "plait.podSecurity" 1000 | nindent 2 }}
{{- include "plait.placement" .values | nindent 0 }}
containers:
  - name: valkey
    image: {{ include "plait.image" (dict "root" $root "of" "ray") }}
    imagePullPolicy: {{ $root.Values.image.ray.pullPolicy }}
    command: [bash, /etc/valkey/start.sh]
    ports:
      - {name: valkey, containerPort: 6379}
    env:
      - name: VALKEY_PASSWORD
        valueFrom:
          secretKeyRef: {name: {{ .secret }}, key: {{ .key }}}
    readinessProbe:
      exec: {command: [bash, /etc/valkey/ping.sh]}
      periodSeconds: 5
      timeoutSeconds: 3
    # Restarts only a server that hangs: loading a large file takes long.
    livenessProbe:
      tcpSocket: {port: valkey}
      periodSeconds: 10
      failureThreshold: 6
    resources:
      {{- toYaml .resources | nindent 6 }}
    securityContext:
      {{- include "plait.containerSecurity" $root | nindent 6 }}
      readOnlyRootFilesystem: true
    volumeMounts:
      - {name: data, mountPath: /data}
      - {name: config, mountPath: /etc/valkey, readOnly: true}
volumes:
  - name: config
    configMap: {name: {{ $name }}-config}
{{- end }}

{{/* A checksum of all inputs of the pod. If it differs from the pod's annotation, the pod is older than the configuration. */}}
{{- define "plait.valkey.checksum" -}}
{{- list (include "plait.valkey.files" .) (include "plait.valkey.pod" .) (include "plait.seen" (dict "root" .root "kind" "Secret" "names" (list .given))) | join "\n" | sha256sum | trunc 16 -}}
{{- end }}

{{- define "plait.valkey" -}}
{{- $root := .root -}}
{{- $name := printf "%s-%s" $root.Release.Name .component -}}
apiVersion: v1
kind: ConfigMap
metadata:
  {{- include "plait.meta" (dict "root" $root "name" (printf "%s-config" $name) "component" .component) | nindent 2 }}
data:
  {{- include "plait.valkey.files" . | nindent 2 }}
---
apiVersion: v1
kind: Service
metadata:
  {{- include "plait.meta" (dict "root" $root "name" $name "component" .component) | nindent 2 }}
spec:
  selector:
    {{- include "plait.selector" (dict "root" $root "component" .component) | nindent 4 }}
  ports:
    - {name: valkey, port: 6379, targetPort: valkey}
---
apiVersion: apps/v1
kind: StatefulSet
metadata:
  {{- include "plait.meta" (dict "root" $root "name" $name "component" .component) | nindent 2 }}
spec:
  serviceName: {{ $name }}
  replicas: 1
  updateStrategy: {type: {{ .update }}}
  selector:
    matchLabels:
      {{- include "plait.selector" (dict "root" $root "component" .component) | nindent 6 }}
  persistentVolumeClaimRetentionPolicy: {whenDeleted: {{ .whenDeleted }}, whenScaled: Retain}
  template:
    metadata:
      labels:
        {{- include "plait.labels" (dict "root" $root "component" .component) | nindent 8 }}
      annotations:
        cluster-autoscaler.kubernetes.io/safe-to-evict: "false"
        karpenter.sh/do-not-disrupt: "true"
        plait/configuration: {{ include "plait.valkey.checksum" . | quote }}
    spec:
      {{- include "plait.valkey.pod" . | nindent 6 }}
  volumeClaimTemplates:
    - metadata:
        name: data
        labels:
          {{- include "plait.selector" (dict "root" $root "component" .component) | nindent 10 }}
      spec:
        accessModes: [ReadWriteOnce]
        {{- with .persistence.storageClassName }}
        storageClassName: {{ . }}
        {{- end }}
        resources: {requests: {storage: {{ .persistence.size }}}}
{{- end }}
