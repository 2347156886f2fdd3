{{/* A number of bytes or CPUs: 2Gi, 1500m, 0.5 as Kubernetes writes them, 200mb as Valkey does (1024 x 1024). */}}
{{- define "plait.amount" -}}
{{- $text := toString . -}}
{{- $unit := regexFind "[A-Za-z]*$" $text -}}
{{- $factors := dict "" 1.0 "m" 0.001 "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "Ki" 1024.0 "Mi" 1048576.0 "Gi" 1073741824.0 "Ti" 1099511627776.0 "kb" 1024.0 "mb" 1048576.0 "gb" 1073741824.0 -}}
{{- printf "%.3f" (mulf (float64 (trimSuffix $unit $text)) (get $factors $unit)) -}}
{{- end }}

{{/* Without this check, the API server rejects such pods one by one, long after the upgrade. */}}
{{- define "plait.checks.resources" -}}
{{- $s := .Values.serving -}}
{{- range $path, $resources := dict
  "serving.head" $s.head.resources "serving.autoscaler" $s.autoscaler.resources
  "serving.workers.onDemand" $s.workers.onDemand.resources "serving.workers.spot" $s.workers.spot.resources
  "liveState.own" .Values.liveState.own.resources "gcsStore" .Values.gcsStore.resources
  "jobs.head" .Values.jobs.head.resources "jobs.worker" .Values.jobs.worker.resources "jobs.submitter" .Values.jobs.submitter.resources
-}}
{{- range $name, $request := $resources.requests -}}
{{- $limit := get ($resources.limits | default dict) $name -}}
{{- if and (hasKey ($resources.limits | default dict) $name) (gt (float64 (include "plait.amount" $request)) (float64 (include "plait.amount" $limit))) -}}
{{- fail (printf "%s.resources.requests.%s (%v) is above limits.%s (%v): Kubernetes rejects such a pod. Lower the request, or raise the limit." $path $name $request $name $limit) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* Rejects a change that a StatefulSet does not allow, with a clearer message than the API server's. Also checks a claim that an earlier release left. */}}
{{- define "plait.checks.volumes" -}}
{{- $root := . -}}
{{- range $each := list
  (dict "path" "liveState.own.persistence" "component" "live-state" "persistence" .Values.liveState.own.persistence "own" .Values.liveState.own.enabled)
  (dict "path" "gcsStore.persistence" "component" "gcs" "persistence" .Values.gcsStore.persistence "own" (include "plait.gcsStore.own" .))
-}}
{{- if $each.own -}}
{{- $ns := $root.Release.Namespace -}}
{{- $name := printf "%s-%s" $root.Release.Name $each.component -}}
{{- $claim := printf "data-%s-0" $name -}}
{{- $set := lookup "apps/v1" "StatefulSet" $ns $name -}}
{{- $there := lookup "v1" "PersistentVolumeClaim" $ns $claim -}}
{{- if $set -}}
{{- $there = first $set.spec.volumeClaimTemplates -}}
{{- end -}}
{{- $size := dig "spec" "resources" "requests" "storage" "" ($there | default dict) -}}
{{- $class := dig "spec" "storageClassName" "" ($there | default dict) -}}
{{- $again := ternary (printf "; kubectl -n %s delete statefulset %s --cascade=orphan (its pod stays)" $ns $name) "" (not (empty $set)) -}}
{{- if $size -}}
{{- $now := float64 (include "plait.amount" $size) -}}
{{- $wanted := float64 (include "plait.amount" $each.persistence.size) -}}
{{- if gt $wanted $now -}}
{{- fail (printf "%s.size is %v and the volume of %s has %s, which no upgrade changes. Let it grow (its storage class must allow that), then upgrade again: kubectl -n %s patch pvc %s -p '{\"spec\": {\"resources\": {\"requests\": {\"storage\": \"%v\"}}}}'%s. Or keep size=%s." $each.path $each.persistence.size $name $size $ns $claim $each.persistence.size $again $size) -}}
{{- else if lt $wanted $now -}}
{{- fail (printf "%s.size is %v and the volume of %s has %s: a volume never shrinks. Keep size=%s." $each.path $each.persistence.size $name $size $size) -}}
{{- end -}}
{{- end -}}
{{- if and $there $each.persistence.storageClassName (ne $class $each.persistence.storageClassName) -}}
{{- fail (printf "%s.storageClassName is '%s' and the volume of %s has '%s': a volume never moves. Keep storageClassName='%s'." $each.path $each.persistence.storageClassName $name $class $class) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end }}
