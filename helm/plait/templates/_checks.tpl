{{/* Rejects combinations of values that cannot work, each with a message. values.schema.json checks each value alone. */}}
{{- define "plait.checks" -}}
{{- include "plait.checks.names" . -}}
{{- include "plait.checks.secrets" . -}}
{{- include "plait.checks.autoscaling" . -}}
{{- include "plait.checks.pods" . -}}
{{- include "plait.checks.resources" . -}}
{{- include "plait.checks.stores" . -}}
{{- include "plait.checks.volumes" . -}}
{{- include "plait.checks.ways" . -}}
{{- include "plait.checks.jobs" . -}}
{{- include "plait.checks.versions" . -}}
{{- end }}

{{- define "plait.checks.names" -}}
{{- if gt (len .Release.Name) 26 -}}
{{- fail (printf "The release name '%s' has %d characters; at most 26 leave room for the names of runs (KubeRay takes 47). Choose a shorter one." .Release.Name (len .Release.Name)) -}}
{{- end -}}
{{- if not (regexMatch "^[a-z]([-a-z0-9]*[a-z0-9])?$" .Release.Name) -}}
{{- fail (printf "The release name '%s' must begin with a letter and hold only a-z, 0-9 and -. Choose another one." .Release.Name) -}}
{{- end -}}
{{- if and .Values.project .Values.existingProject -}}
{{- fail "Both project and existingProject are set; there is one project file. Remove one of them." -}}
{{- end -}}
{{- if not (or .Values.project .Values.existingProject) -}}
{{- fail "There is no project file. Set project (plait.yaml, whole), or existingProject to a ConfigMap with the key plait.yaml." -}}
{{- end -}}
{{- if .Values.project -}}
{{- $store := .Values.project.store | default "" -}}
{{- if not (regexMatch "^s3a?://" (toString $store)) -}}
{{- fail (printf "project.store is '%s'; pods share no folder, so it must be s3://bucket/prefix." $store) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "plait.checks.secrets" -}}
{{- $root := . -}}
{{- if not .Values.secrets.generate -}}
{{- range list
  (dict "path" "pseudonyms" "given" .Values.pseudonyms.existingSecret "key" .Values.pseudonyms.key "needed" true)
  (dict "path" "access" "given" .Values.access.existingSecret "key" .Values.access.key "needed" .Values.access.enabled)
  (dict "path" "liveState" "given" .Values.liveState.existingSecret "key" .Values.liveState.key "needed" .Values.liveState.own.enabled)
  (dict "path" "gcsStore" "given" .Values.gcsStore.existingSecret "key" .Values.gcsStore.key "needed" .Values.serving.gcs.faultTolerance)
-}}
{{- if and .needed (not .given) -}}
{{- fail (printf "%s.existingSecret is missing. Make the secret: kubectl -n %s create secret generic NAME --from-literal=%s=$(openssl rand -hex 32), and name it; or set secrets.generate=true, if Helm itself installs the chart." .path $root.Release.Namespace .key) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and (hasPrefix "http://" .Values.s3.endpoint) (not .Values.s3.allowHttp) -}}
{{- fail (printf "s3.endpoint '%s' has no TLS. Use https://, or set s3.allowHttp=true if the network is yours." .Values.s3.endpoint) -}}
{{- end -}}
{{- end }}

{{- define "plait.checks.autoscaling" -}}
{{- $a := .Values.serving.autoscaling -}}
{{- if gt (int $a.minReplicas) (int $a.maxReplicas) -}}
{{- fail (printf "serving.autoscaling.minReplicas (%d) is above maxReplicas (%d)." (int $a.minReplicas) (int $a.maxReplicas)) -}}
{{- end -}}
{{- if not (kindIs "invalid" $a.initialReplicas) -}}
{{- if or (lt (int $a.initialReplicas) (int $a.minReplicas)) (gt (int $a.initialReplicas) (int $a.maxReplicas)) -}}
{{- fail (printf "serving.autoscaling.initialReplicas (%d) is not between minReplicas (%d) and maxReplicas (%d)." (int $a.initialReplicas) (int $a.minReplicas) (int $a.maxReplicas)) -}}
{{- end -}}
{{- end -}}
{{- range $name := list "upscaleDelaySeconds" "downscaleDelaySeconds" "downscaleToZeroDelaySeconds" -}}
{{- if lt (float64 (index $a $name)) (float64 $a.lookBackSeconds) -}}
{{- fail (printf "serving.autoscaling.%s (%v) is below lookBackSeconds (%v): replicas would come and go on requests that were counted before the last change. Raise it, or look back less." $name (index $a $name) $a.lookBackSeconds) -}}
{{- end -}}
{{- end -}}
{{- if lt (float64 $a.targetOngoingRequests) 1.0 -}}
{{- fail (printf "serving.autoscaling.targetOngoingRequests is %v: below 1 every request asks for several replicas, and their number oscillates. Use 1 or more." $a.targetOngoingRequests) -}}
{{- end -}}
{{- range $name := list "upscalingFactor" "downscalingFactor" -}}
{{- if gt (float64 (index $a $name)) 2.0 -}}
{{- fail (printf "serving.autoscaling.%s is %v: above 2 the number of replicas overshoots and oscillates." $name (index $a $name)) -}}
{{- end -}}
{{- end -}}
{{- if gt (float64 $a.targetOngoingRequests) (float64 .Values.serving.replica.maxOngoingRequests) -}}
{{- fail (printf "serving.autoscaling.targetOngoingRequests (%v) is above serving.replica.maxOngoingRequests (%v): it would never grow." $a.targetOngoingRequests .Values.serving.replica.maxOngoingRequests) -}}
{{- end -}}
{{- if and (eq (int $a.minReplicas) 0) (eq (include "plait.excludeHead" .) "true") -}}
{{- fail "serving.excludeHead is true and serving.autoscaling.minReplicas is 0: with no replica only the head's proxy can take the first request, and it would be refused. Leave excludeHead empty, or set minReplicas to 1." -}}
{{- end -}}
{{- end }}

{{- define "plait.checks.pods" -}}
{{- $s := .Values.serving -}}
{{- range $name, $group := $s.workers -}}
{{- if and (or (eq $name "onDemand") $group.enabled) (gt (int $group.minReplicas) (int $group.maxReplicas)) -}}
{{- fail (printf "serving.workers.%s.minReplicas (%d) is above maxReplicas (%d)." $name (int $group.minReplicas) (int $group.maxReplicas)) -}}
{{- end -}}
{{- if or (eq $name "onDemand") $group.enabled -}}
{{- $cpu := toString (dig "limits" "cpu" (dig "requests" "cpu" "0" $group.resources) $group.resources) -}}
{{- $cpus := ternary (divf (float64 (trimSuffix "m" $cpu)) 1000) (float64 $cpu) (hasSuffix "m" $cpu) | ceil -}}
{{- $cpus = float64 (get $group.rayStartParams "num-cpus" | default $cpus) -}}
{{- if gt (float64 $s.replica.cpus) $cpus -}}
{{- fail (printf "serving.replica.cpus is %v and a pod of serving.workers.%s has %v for Ray: no replica would ever start. Lower serving.replica.cpus, or raise the pods' CPU." $s.replica.cpus $name $cpus) -}}
{{- end -}}
{{- $gpu := false -}}
{{- range $key, $_ := (dig "limits" dict $group.resources) -}}
{{- if hasSuffix "gpu" $key -}}{{- $gpu = true -}}{{- end -}}
{{- end -}}
{{- if and (gt (float64 $s.replica.gpus) 0.0) (not $gpu) -}}
{{- fail (printf "serving.replica.gpus is %v and serving.workers.%s.resources.limits has no GPU: no replica would ever start. Add nvidia.com/gpu there." $s.replica.gpus $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if ge (add (int $s.drain.preStopSeconds) (int $s.drain.seconds)) (int $s.drain.terminationGracePeriodSeconds) -}}
{{- fail (printf "serving.drain: preStopSeconds (%d) and seconds (%d) reach terminationGracePeriodSeconds (%d): pods would be killed while they drain. Raise terminationGracePeriodSeconds." (int $s.drain.preStopSeconds) (int $s.drain.seconds) (int $s.drain.terminationGracePeriodSeconds)) -}}
{{- end -}}
{{- $least := add (int $s.workers.onDemand.minReplicas) (ternary (int $s.workers.spot.minReplicas) 0 $s.workers.spot.enabled) -}}
{{- if and .Values.podDisruptionBudgets.enabled (gt (int .Values.podDisruptionBudgets.minAvailableWorkers) (max 1 (int $least))) -}}
{{- fail (printf "podDisruptionBudgets.minAvailableWorkers (%d) is above the fewest worker pods (%d): no node could ever be drained. Lower it, or raise the groups' minReplicas." (int .Values.podDisruptionBudgets.minAvailableWorkers) $least) -}}
{{- end -}}
{{- if and .Values.networkPolicy.enabled (not .Values.networkPolicy.operatorNamespaces) -}}
{{- fail "networkPolicy.operatorNamespaces is empty: KubeRay could not reach the head, and the endpoint would never be ready. Name the namespace of its operator." -}}
{{- end -}}
{{- end }}

{{- define "plait.checks.stores" -}}
{{- $l := .Values.liveState -}}
{{- if and $l.own.enabled $l.external.host -}}
{{- fail "liveState.own.enabled and liveState.external.host are both set; there is one live state. Set liveState.own.enabled=false, or remove the host." -}}
{{- end -}}
{{- if and (not $l.own.enabled) (not $l.external.host) (gt (int .Values.serving.autoscaling.maxReplicas) 1) -}}
{{- fail (printf "serving.autoscaling.maxReplicas is %d and there is no live state that replicas could share. Set liveState.own.enabled=true or liveState.external.host, or maxReplicas=1." (int .Values.serving.autoscaling.maxReplicas)) -}}
{{- end -}}
{{- $limit := dig "limits" "memory" "" $l.own.resources | toString -}}
{{- if and $l.own.enabled $limit (gt (float64 (include "plait.amount" $l.own.maxMemory)) (mulf 0.9 (float64 (include "plait.amount" $limit)))) -}}
{{- fail (printf "liveState.own.maxMemory (%s) leaves no room below liveState.own.resources.limits.memory (%s): Kubernetes would kill Valkey before it is full. Let it hold at most nine tenths of the limit: lower maxMemory, or raise the limit." $l.own.maxMemory $limit) -}}
{{- end -}}
{{- if .Values.gcsStore.externalAddress -}}
{{- if eq .Values.gcsStore.externalAddress (printf "%s:%d" $l.external.host (int $l.external.port)) -}}
{{- fail "gcsStore.externalAddress is the Valkey of live state; Ray's state needs one of its own: each fails, is sized and is cleaned separately." -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "plait.checks.ways" -}}
{{- $i := .Values.ingress -}}
{{- if and $i.enabled .Values.httpRoute.enabled -}}
{{- fail "ingress.enabled and httpRoute.enabled are both true; choose one way in." -}}
{{- end -}}
{{- if and $i.enabled (not $i.host) -}}
{{- fail "ingress.host is missing: name the host that the endpoint answers to." -}}
{{- end -}}
{{- if and $i.enabled (not $i.tlsSecret) (not $i.allowHttp) -}}
{{- fail "ingress.tlsSecret is missing: people's ids would travel in the clear. Name the certificate's secret, or set ingress.allowHttp=true." -}}
{{- end -}}
{{- if and .Values.httpRoute.enabled (not .Values.httpRoute.parentRefs) -}}
{{- fail "httpRoute.parentRefs is empty: name the gateway, [{name: NAME, namespace: NAMESPACE}]." -}}
{{- end -}}
{{- if and (or $i.enabled .Values.httpRoute.enabled) (not .Values.serving.enabled) -}}
{{- fail "serving.enabled is false, so there is no endpoint for the Ingress or HTTPRoute. Disable it too." -}}
{{- end -}}
{{- if and (or $i.enabled .Values.httpRoute.enabled) .Values.networkPolicy.enabled (not .Values.networkPolicy.ingressNamespaces) -}}
{{- fail "networkPolicy.ingressNamespaces is empty: the Ingress or gateway could not reach the endpoint. Name the namespace its pods run in." -}}
{{- end -}}
{{- end }}

{{- define "plait.checks.jobs" -}}
{{- if and .Values.queue.name .Values.jobs.autoscaling.enabled -}}
{{- fail "queue.name and jobs.autoscaling.enabled are both set: Kueue admits jobs of a fixed size only. Remove one of them." -}}
{{- end -}}
{{- if and .Values.queue.name .Values.fuse.dynamicAllocation.enabled -}}
{{- fail "queue.name and fuse.dynamicAllocation.enabled are both set: Kueue refuses a SparkApplication that changes its size. Remove one of them." -}}
{{- end -}}
{{- if and .Values.jobs.autoscaling.enabled (gt (int .Values.jobs.worker.replicas) (int .Values.jobs.autoscaling.maxReplicas)) -}}
{{- fail (printf "jobs.worker.replicas (%d) is above jobs.autoscaling.maxReplicas (%d)." (int .Values.jobs.worker.replicas) (int .Values.jobs.autoscaling.maxReplicas)) -}}
{{- end -}}
{{- $d := .Values.fuse.dynamicAllocation -}}
{{- if and $d.enabled (gt (int $d.minExecutors) (int $d.maxExecutors)) -}}
{{- fail (printf "fuse.dynamicAllocation.minExecutors (%d) is above maxExecutors (%d)." (int $d.minExecutors) (int $d.maxExecutors)) -}}
{{- end -}}
{{- include "plait.checks.cron" . -}}
{{- if .Values.schedules.recommend.enabled -}}
{{- $out := false -}}
{{- range .Values.schedules.recommend.args -}}
{{- if or (eq . "--out") (hasPrefix "--out=" .) -}}{{- $out = true -}}{{- end -}}
{{- end -}}
{{- if not $out -}}
{{- fail "schedules.recommend.args has no --out: say where the lists go, [--out, s3://bucket/lists]." -}}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "plait.checks.versions" -}}
{{- $s := .Values.serving -}}
{{- if ne .Values.kuberay.version "1.7" -}}
{{- if $s.suspend -}}
{{- fail "serving.suspend needs KubeRay 1.7: earlier operators ignore it. Set kuberay.version=1.7 where it runs, or serving.enabled=false." -}}
{{- end -}}
{{- if .Values.auth.existingSecret -}}
{{- fail "auth.existingSecret needs KubeRay 1.7: earlier operators make a token of their own for each cluster and know no other. Set kuberay.version=1.7 where it runs, or leave it empty." -}}
{{- end -}}
{{- if or $s.workers.onDemand.priority $s.workers.spot.priority -}}
{{- fail "serving.workers.*.priority needs KubeRay 1.7. Set kuberay.version=1.7 where it runs, or leave it 0." -}}
{{- end -}}
{{- end -}}
{{- if eq (include "plait.upgradeType" .) "NewClusterWithIncrementalUpgrade" -}}
{{- if not $s.upgrade.gatewayClassName -}}
{{- fail "serving.upgrade.type is NewClusterWithIncrementalUpgrade and gatewayClassName is missing: KubeRay moves the traffic through a Gateway. Name its class, or use NewCluster." -}}
{{- end -}}
{{- if not (include "plait.serve.podsScale" .) -}}
{{- fail "An incremental upgrade needs pods that scale: give a group of serving.workers a maxReplicas above its minReplicas, or set serving.upgrade.type=NewCluster." -}}
{{- end -}}
{{- if gt (int $s.upgrade.stepSizePercent) (int $s.upgrade.maxSurgePercent) -}}
{{- fail (printf "serving.upgrade.stepSizePercent (%d) is above maxSurgePercent (%d): traffic would move to replicas that are not there." (int $s.upgrade.stepSizePercent) (int $s.upgrade.maxSurgePercent)) -}}
{{- end -}}
{{- if and (eq (int $s.autoscaling.minReplicas) 0) (not (kindIs "invalid" $s.autoscaling.initialReplicas)) -}}
{{- fail "serving.autoscaling.initialReplicas is set, minReplicas is 0 and upgrades are incremental: after an upgrade, Ray would always keep initialReplicas. Leave initialReplicas empty." -}}
{{- end -}}
{{- end -}}
{{- end }}
