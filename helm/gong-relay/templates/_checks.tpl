{{/* Reject values that cannot work before any object is rendered. */}}
{{- define "relay.checks" -}}
{{- $values := .Values -}}
{{- if not $values.secrets.existingSecret -}}
{{- fail "secrets.existingSecret is missing: create a Secret with RELAY_ADMIN_KEY, RELAY_SECRET_KEYS, RELAY_REDIS_URL and your Gong keys, and set its name here" -}}
{{- end -}}
{{- if not (or $values.config $values.existingConfigMap) -}}
{{- fail "config is missing: add your destinations and sources, or set existingConfigMap" -}}
{{- end -}}
{{- if and $values.config $values.existingConfigMap -}}
{{- fail "config and existingConfigMap are both set: keep one" -}}
{{- end -}}
{{- if not (hasKey $values.secrets.files "RELAY_REDIS_URL") -}}
{{- fail "secrets.files.RELAY_REDIS_URL is missing: set it to the key of the Secret that holds the address of your Redis or Valkey" -}}
{{- end -}}
{{- $readers := include "relay.readers" . | fromJson -}}
{{- range $name := keys $values.secrets.files | sortAlpha -}}
{{- if not (hasKey $readers $name) -}}
{{- if $values.existingConfigMap -}}
{{- fail (printf "secrets.readers.%s is missing: the chart cannot see who reads it in an existingConfigMap; set web, worker or both" $name) -}}
{{- end -}}
{{- fail (printf "secrets.files.%s is not used: config does not contain ${%s}; remove it, or set secrets.readers.%s" $name $name $name) -}}
{{- end -}}
{{- end -}}
{{- range $name := keys $values.secrets.readers | sortAlpha -}}
{{- if not (hasKey $values.secrets.files $name) -}}
{{- fail (printf "secrets.readers.%s has no file: add secrets.files.%s, or remove it" $name $name) -}}
{{- end -}}
{{- end -}}
{{- range $name := list "RELAY_REDIS_URL" "RELAY_SECRET_KEYS" "RELAY_ADMIN_KEY" "RELAY_OIDC_CLIENT_SECRET" -}}
{{- if hasKey $values.settings $name -}}
{{- fail (printf "settings.%s is secret: add it to the Secret, and its key to secrets.files" $name) -}}
{{- end -}}
{{- end -}}
{{- range $name := list "RELAY_CONFIG" "RELAY_OPERATIONS_PORT" "RELAY_WORKER_PORT" "RELAY_WORKER_THREADS" "RELAY_TRUST_ENV" -}}
{{- if hasKey $values.settings $name -}}
{{- fail (printf "settings.%s is set by the chart: remove it" $name) -}}
{{- end -}}
{{- end -}}
{{- range $name, $way := pick $values "endpoints" "operations" -}}
{{- if and $way.ingress.enabled $way.httpRoute.enabled -}}
{{- fail (printf "%s.ingress and %s.httpRoute are both enabled: keep one" $name $name) -}}
{{- end -}}
{{- if and $way.ingress.enabled (not $way.ingress.host) -}}
{{- fail (printf "%s.ingress.host is missing" $name) -}}
{{- end -}}
{{- if and $way.httpRoute.enabled (not (and $way.httpRoute.host $way.httpRoute.parentRefs)) -}}
{{- fail (printf "%s.httpRoute needs host and parentRefs" $name) -}}
{{- end -}}
{{- end -}}
{{- $hosts := compact (list $values.endpoints.ingress.host $values.endpoints.httpRoute.host) -}}
{{- range $host := compact (list $values.operations.ingress.host $values.operations.httpRoute.host) -}}
{{- if has $host $hosts -}}
{{- fail (printf "endpoints and operations both use host %s: give operations its own host" $host) -}}
{{- end -}}
{{- end -}}
{{- $call := get $values.settings "RELAY_CALL_TIMEOUT_SECONDS" | default "20" | float64 -}}
{{- if lt ($values.worker.terminationGracePeriodSeconds | float64) (addf $call 15.0) -}}
{{- fail (printf "worker.terminationGracePeriodSeconds must be at least %v: a call may take %v seconds, and its result must be stored" (addf $call 15.0) $call) -}}
{{- end -}}
{{- if lt (int $values.web.terminationGracePeriodSeconds) (add 30 (int $values.web.preStopSeconds) | int) -}}
{{- fail (printf "web.terminationGracePeriodSeconds must be at least %d: preStopSeconds plus 30" (add 30 (int $values.web.preStopSeconds) | int)) -}}
{{- end -}}
{{- if and $values.worker.keda.enabled (gt (int $values.worker.keda.minReplicas) (int $values.worker.keda.maxReplicas)) -}}
{{- fail "worker.keda.minReplicas is above maxReplicas" -}}
{{- end -}}
{{- if and $values.web.autoscaling.enabled (gt (int $values.web.autoscaling.minReplicas) (int $values.web.autoscaling.maxReplicas)) -}}
{{- fail "web.autoscaling.minReplicas is above maxReplicas" -}}
{{- end -}}
{{- end }}
