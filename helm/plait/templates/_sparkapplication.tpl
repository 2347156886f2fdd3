{{/* The SparkApplication of fuse. Pods are defined by pod templates, so the operator's webhook is not needed. */}}
{{- define "plait.fuse.pod" -}}
{{- $root := .root -}}
metadata:
  labels:
    {{- include "plait.labels" (dict "root" $root "component" "fuse") | nindent 4 }}
    plait/verb: fuse
  annotations:
    cluster-autoscaler.kubernetes.io/safe-to-evict: {{ ternary "false" "true" (eq .role "driver") | quote }}
    {{- if eq .role "driver" }}
    karpenter.sh/do-not-disrupt: "true"
    {{- end }}
spec:
  automountServiceAccountToken: {{ eq .role "driver" }}
  {{- include "plait.pullSecrets" $root | nindent 2 }}
  securityContext:
    {{- include "plait.podSecurity" 185 | nindent 4 }}
  {{- include "plait.placement" .values | nindent 2 }}
  containers:
    - name: spark-kubernetes-{{ .role }}
      env:
        {{- include "plait.env.base" $root | nindent 8 }}
        {{- include "plait.env.bucket" $root | nindent 8 }}
        {{- if eq .role "driver" }}
        {{- include "plait.env.pseudonyms" $root | nindent 8 }}
        {{- include "plait.env.vault" $root | nindent 8 }}
        {{- end }}
        {{- include "plait.env.more" $root | nindent 8 }}
      securityContext:
        {{- include "plait.containerSecurity" $root | nindent 8 }}
      {{- if eq .role "driver" }}
      volumeMounts:
        {{- include "plait.projectMount" $root | nindent 8 }}
      {{- end }}
  {{- if eq .role "driver" }}
  volumes:
    {{- include "plait.projectVolume" $root | nindent 4 }}
  {{- end }}
{{- end }}

{{- define "plait.fuse" -}}
{{- $fuse := .Values.fuse -}}
apiVersion: sparkoperator.k8s.io/v1beta2
kind: SparkApplication
metadata:
  name: {{ .Release.Name }}-fuse
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "plait.labels" (dict "root" . "component" "fuse") | nindent 4 }}
    plait/verb: fuse
    {{- with .Values.queue.name }}
    kueue.x-k8s.io/queue-name: {{ . }}
    {{- end }}
spec:
  type: Python
  pythonVersion: "3"
  mode: cluster
  sparkVersion: {{ .Values.image.sparkVersion }}
  image: {{ include "plait.image" (dict "root" . "of" "spark") }}
  imagePullPolicy: {{ .Values.image.spark.pullPolicy }}
  {{- with .Values.image.pullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  mainApplicationFile: local:///opt/plait/jobs/fuse.py
  arguments: [-c, /etc/plait/plait.yaml, --engine, spark]
  restartPolicy:
    type: OnFailure
    onFailureRetries: 0
    onSubmissionFailureRetries: 3
    onSubmissionFailureRetryInterval: 10
  sparkConf:
    spark.driver.maxResultSize: "0"
    spark.ui.showConsoleProgress: "false"
    spark.authenticate: "true"
    spark.network.crypto.enabled: "true"
    spark.io.encryption.enabled: "true"
    spark.decommission.enabled: "true"
    spark.storage.decommission.enabled: "true"
    spark.storage.decommission.shuffleBlocks.enabled: "true"
    spark.kubernetes.executor.deleteOnTermination: "true"
    {{- with $fuse.sparkConf }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- if $fuse.dynamicAllocation.enabled }}
  dynamicAllocation:
    enabled: true
    initialExecutors: {{ $fuse.executor.instances }}
    minExecutors: {{ $fuse.dynamicAllocation.minExecutors }}
    maxExecutors: {{ $fuse.dynamicAllocation.maxExecutors }}
  {{- end }}
  driver:
    cores: {{ $fuse.driver.cores }}
    {{- with $fuse.driver.coreRequest }}
    coreRequest: {{ . | quote }}
    {{- end }}
    memory: {{ $fuse.driver.memory }}
    memoryOverhead: {{ $fuse.driver.memoryOverhead }}
    serviceAccount: {{ include "plait.account" (dict "root" . "of" "fuse") }}
    template:
      {{- include "plait.fuse.pod" (dict "root" . "role" "driver" "values" $fuse.driver) | nindent 6 }}
  executor:
    instances: {{ $fuse.executor.instances }}
    cores: {{ $fuse.executor.cores }}
    {{- with $fuse.executor.coreRequest }}
    coreRequest: {{ . | quote }}
    {{- end }}
    memory: {{ $fuse.executor.memory }}
    memoryOverhead: {{ $fuse.executor.memoryOverhead }}
    serviceAccount: {{ include "plait.account" (dict "root" . "of" "executor") }}
    template:
      {{- include "plait.fuse.pod" (dict "root" . "role" "executor" "values" $fuse.executor) | nindent 6 }}
{{- end }}
