{{/* The RayJob of train, evaluate or recommend. evaluate and recommend run on a worker, because the head has no CPUs. */}}
{{- define "plait.job.pod" -}}
{{- $root := .root -}}
metadata:
  labels:
    {{- include "plait.podLabels" (dict "root" $root "component" "jobs") | nindent 4 }}
    plait/verb: {{ .verb }}
  annotations:
    cluster-autoscaler.kubernetes.io/safe-to-evict: "false"
    karpenter.sh/do-not-disrupt: "true"
spec:
  serviceAccountName: {{ include "plait.account" (dict "root" $root "of" "jobs") }}
  automountServiceAccountToken: {{ and (eq .name "ray-head") $root.Values.jobs.autoscaling.enabled }}
  {{- include "plait.pullSecrets" $root | nindent 2 }}
  securityContext:
    {{- include "plait.podSecurity" 1000 | nindent 4 }}
  {{- include "plait.placement" .values | nindent 2 }}
  containers:
    - name: {{ .name }}
      image: {{ include "plait.image" (dict "root" $root "of" "ray") }}
      imagePullPolicy: {{ $root.Values.image.ray.pullPolicy }}
      env:
        {{- include "plait.env.base" $root | nindent 8 }}
        {{- include "plait.env.bucket" $root | nindent 8 }}
        {{- include "plait.env.more" $root | nindent 8 }}
      resources:
        {{- toYaml .values.resources | nindent 8 }}
      securityContext:
        {{- include "plait.containerSecurity" $root | nindent 8 }}
      volumeMounts:
        {{- include "plait.projectMount" $root | nindent 8 }}
  volumes:
    {{- include "plait.projectVolume" $root | nindent 4 }}
{{- end }}

{{- define "plait.job" -}}
{{- $root := .root -}}
{{- $jobs := $root.Values.jobs -}}
apiVersion: ray.io/v1
kind: RayJob
metadata:
  name: {{ $root.Release.Name }}-{{ .verb }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    {{- include "plait.labels" (dict "root" $root "component" "jobs") | nindent 4 }}
    plait/verb: {{ .verb }}
    {{- with $root.Values.queue.name }}
    kueue.x-k8s.io/queue-name: {{ . }}
    {{- end }}
spec:
  entrypoint: python /opt/plait/jobs/{{ .verb }}.py -c /etc/plait/plait.yaml
  {{- if ne .verb "train" }}
  entrypointNumCpus: 1
  {{- end }}
  submissionMode: K8sJobMode
  backoffLimit: {{ $jobs.backoffLimit }}
  activeDeadlineSeconds: {{ $jobs.activeDeadlineSeconds }}
  {{- if $root.Values.queue.name }}
  # Kueue rejects a job with deletion rules of its own.
  shutdownAfterJobFinishes: true
  ttlSecondsAfterFinished: {{ $jobs.keepSucceededSeconds }}
  {{- else }}
  deletionStrategy:
    deletionRules:
      - {policy: DeleteCluster, condition: {jobStatus: SUCCEEDED, ttlSeconds: {{ $jobs.keepSucceededSeconds }}}}
      {{- if not $jobs.autoscaling.enabled }}
      - {policy: DeleteWorkers, condition: {jobStatus: FAILED, ttlSeconds: 0}}
      {{- end }}
      - {policy: DeleteCluster, condition: {jobStatus: FAILED, ttlSeconds: {{ $jobs.keepFailedSeconds }}}}
  {{- end }}
  submitterPodTemplate:
    metadata:
      labels:
        {{- include "plait.labels" (dict "root" $root "component" "jobs") | nindent 8 }}
        plait/verb: {{ .verb }}
    spec:
      restartPolicy: Never
      serviceAccountName: {{ include "plait.account" (dict "root" $root "of" "plain") }}
      automountServiceAccountToken: false
      {{- include "plait.pullSecrets" $root | nindent 6 }}
      securityContext:
        {{- include "plait.podSecurity" 1000 | nindent 8 }}
      containers:
        - name: ray-job-submitter
          image: {{ include "plait.image" (dict "root" $root "of" "ray") }}
          imagePullPolicy: {{ $root.Values.image.ray.pullPolicy }}
          resources:
            {{- toYaml $jobs.submitter.resources | nindent 12 }}
          securityContext:
            {{- include "plait.containerSecurity" $root | nindent 12 }}
  rayClusterSpec:
    rayVersion: {{ $root.Values.image.rayVersion }}
    authOptions:
      {{- include "plait.auth" $root | nindent 6 }}
    {{- if $jobs.autoscaling.enabled }}
    enableInTreeAutoscaling: true
    autoscalerOptions:
      {{- include "plait.autoscalerOptions" (dict "root" $root "idle" 60) | nindent 6 }}
    {{- end }}
    headGroupSpec:
      rayStartParams: {num-cpus: "0", object-store-memory: "200000000"}
      template:
        {{- include "plait.job.pod" (dict "root" $root "verb" .verb "name" "ray-head" "values" $jobs.head) | nindent 8 }}
    workerGroupSpecs:
      - groupName: workers
        replicas: {{ ternary $jobs.worker.replicas 1 (eq .verb "train") }}
        minReplicas: {{ ternary $jobs.worker.replicas 1 (eq .verb "train") }}
        maxReplicas: {{ ternary (ternary $jobs.autoscaling.maxReplicas $jobs.worker.replicas $jobs.autoscaling.enabled) 1 (eq .verb "train") }}
        rayStartParams: {object-store-memory: "200000000"}
        template:
          {{- include "plait.job.pod" (dict "root" $root "verb" .verb "name" "ray-worker" "values" $jobs.worker) | nindent 10 }}
{{- end }}
