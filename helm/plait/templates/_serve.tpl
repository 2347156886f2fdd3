{{/* The RayService: Ray Serve's configuration, the head, the worker groups. */}}
{{- define "plait.serve.config" -}}
{{- $s := .Values.serving -}}
{{- $a := $s.autoscaling -}}
proxy_location: EveryNode
http_options:
  host: 0.0.0.0
  port: 8000
  keep_alive_timeout_s: 90
logging_config:
  encoding: JSON
  enable_access_log: false
applications:
  - name: plait
    route_prefix: /
    import_path: serve.app:app
    runtime_env:
      env_vars:
        PLAIT_MODEL: {{ $s.model.name | quote }}
        PLAIT_MODEL_VERSION: {{ $s.model.version | quote }}
    deployments:
      - name: plait
        max_ongoing_requests: {{ $s.replica.maxOngoingRequests }}
        graceful_shutdown_timeout_s: {{ $s.drain.seconds }}
        {{- with $s.replica.maxPerPod }}
        max_replicas_per_node: {{ . }}
        {{- end }}
        ray_actor_options:
          num_cpus: {{ $s.replica.cpus }}
          {{- with $s.replica.gpus }}
          num_gpus: {{ . }}
          {{- end }}
        autoscaling_config:
          min_replicas: {{ $a.minReplicas }}
          max_replicas: {{ $a.maxReplicas }}
          {{- if not (kindIs "invalid" $a.initialReplicas) }}
          initial_replicas: {{ $a.initialReplicas }}
          {{- end }}
          target_ongoing_requests: {{ $a.targetOngoingRequests }}
          look_back_period_s: {{ $a.lookBackSeconds }}
          upscale_delay_s: {{ $a.upscaleDelaySeconds }}
          downscale_delay_s: {{ $a.downscaleDelaySeconds }}
          downscale_to_zero_delay_s: {{ $a.downscaleToZeroDelaySeconds }}
          upscaling_factor: {{ $a.upscalingFactor }}
          downscaling_factor: {{ $a.downscalingFactor }}
{{- end }}

{{/* The same variables as plait.serving.ray_environment.RAY_VARIABLES; a test checks that. Ray reads them at its start, so every pod has them. */}}
{{- define "plait.serve.env" -}}
{{- $drain := .Values.serving.drain -}}
- {name: RAY_SERVE_ENABLE_HA_PROXY, value: "1"}
- {name: RAY_SERVE_THROUGHPUT_OPTIMIZED, value: "1"}
- {name: RAY_SERVE_HAPROXY_NBTHREAD, value: "1"}
- {name: RAY_SERVE_HAPROXY_METRICS_ENABLED, value: "0"}
- {name: RAY_SERVE_HAPROXY_LOG_TARGET, value: "127.0.0.1:9"}
# Starts HAProxy with statistics, metrics and the admin socket closed, and with timeouts (ADR 13).
- {name: RAY_SERVE_HAPROXY_BINARY_PATH, value: /opt/plait/env/bin/plait-haproxy}
- {name: RAY_SERVE_HAPROXY_HARD_STOP_AFTER_S, value: "5"}
- {name: RAY_SERVE_HAPROXY_TIMEOUT_CLIENT_S, value: "30"}
- {name: RAY_worker_niceness, value: "0"}
- {name: RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S, value: "60"}
- {name: RAY_SERVE_PROXY_HEALTH_CHECK_TIMEOUT_S, value: "60"}
- {name: POLARS_MAX_THREADS, value: "2"}
# Replicas log to the output of the container's first process. That is the pod's log, not a file that is lost with the pod.
- {name: PLAIT_LOG, value: /proc/1/fd/1}
- {name: RAY_GRACEFUL_SHUTDOWN_DRAIN_TIMEOUT_S, value: {{ $drain.seconds | quote }}}
- {name: RAY_SERVE_PROXY_MIN_DRAINING_PERIOD_S, value: "5"}
{{- end }}

{{- define "plait.serve.podsScale" -}}
{{- $w := .Values.serving.workers -}}
{{- if or (lt (int $w.onDemand.minReplicas) (int $w.onDemand.maxReplicas)) (and $w.spot.enabled (lt (int $w.spot.minReplicas) (int $w.spot.maxReplicas))) -}}
true
{{- end -}}
{{- end }}

{{- define "plait.serve.lifecycle" -}}
preStop:
  exec: {command: [sleep, {{ .Values.serving.drain.preStopSeconds | quote }}]}
{{- end }}

{{- define "plait.serve.head" -}}
{{- $head := .Values.serving.head -}}
rayStartParams:
  num-cpus: "0"
  object-store-memory: "100000000"
  {{- range $key, $value := $head.rayStartParams }}
  {{ $key }}: {{ $value | quote }}
  {{- end }}
template:
  metadata:
    labels:
      {{- include "plait.podLabels" (dict "root" . "component" "serve") | nindent 6 }}
    annotations:
      cluster-autoscaler.kubernetes.io/safe-to-evict: "false"
      karpenter.sh/do-not-disrupt: "true"
      {{- include "plait.rollout" . | nindent 6 }}
      {{- with $head.podAnnotations }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
  spec:
    serviceAccountName: {{ include "plait.account" (dict "root" . "of" "head") }}
    automountServiceAccountToken: {{ ternary "true" "false" (eq (include "plait.serve.podsScale" .) "true") }}
    terminationGracePeriodSeconds: {{ .Values.serving.drain.terminationGracePeriodSeconds }}
    {{- with .Values.priorityClassName }}
    priorityClassName: {{ . }}
    {{- end }}
    {{- include "plait.pullSecrets" . | nindent 4 }}
    securityContext:
      {{- include "plait.podSecurity" 1000 | nindent 6 }}
    {{- include "plait.placement" $head | nindent 4 }}
    containers:
      - name: ray-head
        image: {{ include "plait.image" (dict "root" . "of" "ray") }}
        imagePullPolicy: {{ .Values.image.ray.pullPolicy }}
        {{- if .Values.serving.gcs.faultTolerance }}
        command: [bash, -c, ulimit -n 65536; exec python -m plait.serving.ray_head]
        {{- end }}
        ports:
          - {name: gcs, containerPort: 6379}
          - {name: dashboard, containerPort: 8265}
          - {name: serve, containerPort: 8000}
          - {name: metrics, containerPort: 8080}
        env:
          {{- include "plait.env.base" . | nindent 10 }}
          {{- include "plait.serve.env" . | nindent 10 }}
          {{- include "plait.env.more" . | nindent 10 }}
        lifecycle:
          {{- include "plait.serve.lifecycle" . | nindent 10 }}
        resources:
          {{- toYaml $head.resources | nindent 10 }}
        securityContext:
          {{- include "plait.containerSecurity" . | nindent 10 }}
        volumeMounts:
          {{- include "plait.projectMount" . | nindent 10 }}
    volumes:
      {{- include "plait.projectVolume" . | nindent 6 }}
{{- end }}

{{/* One group of worker pods. */}}
{{- define "plait.serve.workers" -}}
{{- $root := .root -}}
{{- $group := .group -}}
groupName: {{ .name }}
{{- if not (include "plait.serve.podsScale" $root) }}
replicas: {{ $group.minReplicas }}
{{- end }}
minReplicas: {{ $group.minReplicas }}
maxReplicas: {{ $group.maxReplicas }}
{{- if include "plait.serve.podsScale" $root }}
idleTimeoutSeconds: {{ $root.Values.serving.autoscaling.idlePodSeconds }}
{{- end }}
{{- if and $group.priority (eq $root.Values.kuberay.version "1.7") }}
priority: {{ $group.priority }}
{{- end }}
rayStartParams:
  object-store-memory: "100000000"
  {{- range $key, $value := $group.rayStartParams }}
  {{ $key }}: {{ $value | quote }}
  {{- end }}
template:
  metadata:
    labels:
      {{- include "plait.podLabels" (dict "root" $root "component" "serve") | nindent 6 }}
      plait/capacity: {{ .name }}
    annotations:
      {{- include "plait.rollout" $root | nindent 6 }}
      {{- with $group.podAnnotations }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
  spec:
    serviceAccountName: {{ include "plait.account" (dict "root" $root "of" "serve") }}
    automountServiceAccountToken: false
    terminationGracePeriodSeconds: {{ $root.Values.serving.drain.terminationGracePeriodSeconds }}
    {{- with $root.Values.priorityClassName }}
    priorityClassName: {{ . }}
    {{- end }}
    {{- include "plait.pullSecrets" $root | nindent 4 }}
    securityContext:
      {{- include "plait.podSecurity" 1000 | nindent 6 }}
    {{- include "plait.placement" $group | nindent 4 }}
    {{- with $root.Values.serving.topologySpread }}
    {{- if .enabled }}
    topologySpreadConstraints:
      {{- range $key := list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
      - maxSkew: 1
        topologyKey: {{ $key }}
        whenUnsatisfiable: {{ $root.Values.serving.topologySpread.whenUnsatisfiable }}
        labelSelector:
          matchLabels:
            {{- include "plait.selector" (dict "root" $root "component" "serve") | nindent 12 }}
            ray.io/node-type: worker
      {{- end }}
    {{- end }}
    {{- end }}
    containers:
      - name: ray-worker
        image: {{ include "plait.image" (dict "root" $root "of" "ray") }}
        imagePullPolicy: {{ $root.Values.image.ray.pullPolicy }}
        {{- if $root.Values.serving.gcs.faultTolerance }}
        command: [bash, -c, 'eval "ulimit -n 65536; exec $KUBERAY_GEN_RAY_START_CMD"']
        {{- end }}
        ports:
          - {name: serve, containerPort: 8000}
          - {name: metrics, containerPort: 8080}
        env:
          {{- include "plait.env.base" $root | nindent 10 }}
          {{- include "plait.serve.env" $root | nindent 10 }}
          {{- include "plait.env.bucket" $root | nindent 10 }}
          {{- include "plait.env.pseudonyms" $root | nindent 10 }}
          {{- include "plait.env.liveState" $root | nindent 10 }}
          {{- include "plait.access.env" $root | nindent 10 }}
          {{- include "plait.env.more" $root | nindent 10 }}
        lifecycle:
          {{- include "plait.serve.lifecycle" $root | nindent 10 }}
        # KubeRay's own probe runs every 5 s. After a change of clusters, a Service without the head would have no endpoint for
        # that long. Three failures take less time than Ray's proxy keeps answering while it drains.
        readinessProbe:
          httpGet: {path: /-/healthz, port: serve}
          periodSeconds: 1
          timeoutSeconds: 5
          failureThreshold: 3
        resources:
          {{- toYaml $group.resources | nindent 10 }}
        securityContext:
          {{- include "plait.containerSecurity" $root | nindent 10 }}
        volumeMounts:
          {{- include "plait.projectMount" $root | nindent 10 }}
          {{- include "plait.access.mount" $root | nindent 10 }}
    volumes:
      {{- include "plait.projectVolume" $root | nindent 6 }}
      {{- include "plait.access.volume" $root | nindent 6 }}
{{- end }}

{{/* KubeRay's settings for authentication. Without them it uses none. */}}
{{- define "plait.auth" -}}
mode: {{ ternary "token" "disabled" .Values.auth.enabled }}
{{- if and .Values.auth.enabled .Values.auth.existingSecret }}
secretName: {{ .Values.auth.existingSecret }}
{{- end }}
{{- end }}

{{- define "plait.autoscalerOptions" -}}
version: v2
upscalingMode: Default
imagePullPolicy: {{ .root.Values.image.ray.pullPolicy }}
idleTimeoutSeconds: {{ .idle }}
resources:
  {{- toYaml .root.Values.serving.autoscaler.resources | nindent 2 }}
securityContext:
  {{- include "plait.containerSecurity" .root | nindent 2 }}
{{- end }}

{{- define "plait.upgradeType" -}}
{{- $u := .Values.serving.upgrade -}}
{{- $u.type | default (ternary "NewClusterWithIncrementalUpgrade" "NewCluster" (not (empty $u.gatewayClassName))) -}}
{{- end }}

{{- define "plait.excludeHead" -}}
{{- $given := .Values.serving.excludeHead -}}
{{- if kindIs "invalid" $given -}}
{{ ternary "true" "false" (gt (int .Values.serving.autoscaling.minReplicas) 0) }}
{{- else -}}
{{ $given }}
{{- end -}}
{{- end }}

{{- define "plait.serve.resource" -}}
{{- $s := .root.Values.serving -}}
apiVersion: ray.io/v1
kind: RayService
metadata:
  name: {{ .name }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "plait.resourceLabels" (dict "root" .root "component" "serve") | nindent 4 }}
  {{- if $s.gcs.faultTolerance }}
  annotations:
    # KubeRay's own command for the head would show the password of Ray's Valkey in the process list.
    ray.io/overwrite-container-cmd: "true"
  {{- end }}
spec:
  {{- if $s.suspend }}
  suspend: true
  {{- end }}
  excludeHeadPodFromServeSvc: {{ include "plait.excludeHead" .root }}
  rayClusterDeletionDelaySeconds: {{ $s.upgrade.deletionDelaySeconds }}
  upgradeStrategy:
    type: {{ include "plait.upgradeType" .root }}
    {{- if eq (include "plait.upgradeType" .root) "NewClusterWithIncrementalUpgrade" }}
    clusterUpgradeOptions:
      gatewayClassName: {{ $s.upgrade.gatewayClassName }}
      stepSizePercent: {{ $s.upgrade.stepSizePercent }}
      intervalSeconds: {{ $s.upgrade.intervalSeconds }}
      maxSurgePercent: {{ $s.upgrade.maxSurgePercent }}
    {{- end }}
  serveConfigV2: |
    {{- include "plait.serve.config" .root | nindent 4 }}
  rayClusterConfig:
    rayVersion: {{ .root.Values.image.rayVersion }}
    authOptions:
      {{- include "plait.auth" .root | nindent 6 }}
    {{- if include "plait.serve.podsScale" .root }}
    enableInTreeAutoscaling: true
    autoscalerOptions:
      {{- include "plait.autoscalerOptions" (dict "root" .root "idle" $s.autoscaling.idlePodSeconds) | nindent 6 }}
    {{- end }}
    {{- if $s.gcs.faultTolerance }}
    gcsFaultToleranceOptions:
      redisAddress: {{ .root.Values.gcsStore.externalAddress | default (printf "%s-gcs:6379" .root.Release.Name) }}
      redisPassword:
        valueFrom:
          secretKeyRef:
            name: {{ include "plait.secret" (dict "root" .root "given" .root.Values.gcsStore.existingSecret "own" "gcs") }}
            key: {{ .root.Values.gcsStore.key }}
    {{- end }}
    headGroupSpec:
      {{- include "plait.serve.head" .root | nindent 6 }}
    workerGroupSpecs:
      - {{- include "plait.serve.workers" (dict "root" .root "name" "on-demand" "group" $s.workers.onDemand) | nindent 8 }}
      {{- if $s.workers.spot.enabled }}
      - {{- include "plait.serve.workers" (dict "root" .root "name" "spot" "group" $s.workers.spot) | nindent 8 }}
      {{- end }}
{{- end }}
