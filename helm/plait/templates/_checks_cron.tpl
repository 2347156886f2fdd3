{{/* Checks each field of a schedule as Kubernetes reads it: *, a number or name, a range, a step, and lists of these. */}}
{{- define "plait.checks.cron" -}}
{{- $months := "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec" -}}
{{- $days := "sun|mon|tue|wed|thu|fri|sat" -}}
{{- $fields := list
  (dict "name" "minute" "value" "[0-5]?[0-9]" "allowed" "0-59")
  (dict "name" "hour" "value" "[01]?[0-9]|2[0-3]" "allowed" "0-23")
  (dict "name" "day of the month" "value" "0?[1-9]|[12][0-9]|3[01]" "allowed" "1-31")
  (dict "name" "month" "value" (printf "0?[1-9]|1[0-2]|%s" $months) "allowed" "1-12 or jan-dec")
  (dict "name" "day of the week" "value" (printf "[0-6]|%s" $days) "allowed" "0-6 or sun-sat")
-}}
{{- range $name := list "fuse" "train" "evaluate" "recommend" -}}
{{- $cron := (index $.Values.schedules $name).cron -}}
{{- if not (hasPrefix "@" $cron) -}}
{{- range $place, $text := splitList " " $cron -}}
{{- $field := index $fields $place -}}
{{- $one := printf "([*?]|(%[1]s)(-(%[1]s))?)(/[1-9][0-9]*)?" $field.value -}}
{{- if not (regexMatch (printf "^%[1]s(,%[1]s)*$" $one) (lower $text)) -}}
{{- fail (printf "schedules.%s.cron is '%s', and its %s '%s' is not valid. Use %s, *, ranges (a-b), steps (*/n) or lists (a,b)." $name $cron $field.name $text $field.allowed) -}}
{{- end -}}
{{- range $range := regexFindAll "[0-9]+-[0-9]+" $text -1 -}}
{{- $ends := splitList "-" $range -}}
{{- if gt (atoi (first $ends)) (atoi (last $ends)) -}}
{{- fail (printf "schedules.%s.cron '%s' has the range %s, which ends before it begins. Write the smaller one first." $name $cron $range) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end }}
