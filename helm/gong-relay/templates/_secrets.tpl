{{/* Which pods get which secret. Each process reads only its own, as docs/configuration.md lists. */}}

{{/* The `${NAME}` in a part of the configuration, as a JSON list. */}}
{{- define "relay.variables" -}}
{{- $names := list -}}
{{- range regexFindAll "[$][{][A-Za-z_][A-Za-z0-9_]*[}]" (toJson .) -1 -}}
{{- $names = append $names (. | trimPrefix "${" | trimSuffix "}") -}}
{{- end -}}
{{- dict "names" (uniq $names) | toJson -}}
{{- end }}

{{/* The configuration in three parts, as JSON: what only the web reads, what only workers read, and the rest. */}}
{{- define "relay.configParts" -}}
{{- $rest := deepCopy .Values.config -}}
{{- $web := list -}}
{{- $worker := list -}}
{{- range $entry := values (default dict $rest.sources) -}}
{{- $web = concat $web (list $entry.keys (dig "verify" "secrets" "" $entry)) -}}
{{- $_ := unset $entry "keys" -}}
{{- if $entry.verify }}{{ $_ := unset $entry.verify "secrets" }}{{ end -}}
{{- end -}}
{{- range $entry := values (default dict $rest.operators) -}}
{{- $web = append $web $entry.keys -}}
{{- $_ := unset $entry "keys" -}}
{{- end -}}
{{- range $entry := values (default dict $rest.destinations) -}}
{{- with $entry.auth -}}
{{- $worker = append $worker .basic -}}
{{- $_ := unset . "basic" -}}
{{- end -}}
{{- end -}}
{{- with $rest.oauth -}}
{{- $worker = concat $worker (list .client_secret .client_secret_next) -}}
{{- $_ := unset . "client_secret" -}}
{{- $_ := unset . "client_secret_next" -}}
{{- end -}}
{{- with $rest.alerts -}}
{{- range $entry := values (default dict .receivers) -}}
{{- $worker = concat $worker (list $entry.url $entry.secret) -}}
{{- $_ := unset $entry "url" -}}
{{- $_ := unset $entry "secret" -}}
{{- end -}}
{{- with .heartbeat -}}
{{- $worker = append $worker .url -}}
{{- $_ := unset . "url" -}}
{{- end -}}
{{- end -}}
{{- dict "web" $web "worker" $worker "both" $rest | toJson -}}
{{- end }}

{{/* The reader of every secret, as a JSON object: `web`, `worker` or `both`. */}}
{{- define "relay.readers" -}}
{{- $readers := dict "RELAY_REDIS_URL" "both" "RELAY_SECRET_KEYS" "both" "RELAY_ADMIN_KEY" "web" "RELAY_OIDC_CLIENT_SECRET" "worker" -}}
{{- $parts := include "relay.configParts" . | fromJson -}}
{{- range $reader := list "web" "worker" "both" -}}
{{- range $name := (include "relay.variables" (get $parts $reader) | fromJson).names -}}
{{- $other := get $readers $name | default $reader -}}
{{- $_ := set $readers $name (ternary $reader "both" (eq $other $reader)) -}}
{{- end -}}
{{- end -}}
{{- mergeOverwrite $readers .Values.secrets.readers | toJson -}}
{{- end }}

{{/* The part of `secrets.files` that a process reads, as JSON. Takes (list root process). */}}
{{- define "relay.secretFiles" -}}
{{- $root := index . 0 -}}
{{- $process := index . 1 -}}
{{- $readers := include "relay.readers" $root | fromJson -}}
{{- $files := dict -}}
{{- range $name, $key := $root.Values.secrets.files -}}
{{- if has (get $readers $name) (list $process "both") -}}
{{- $_ := set $files $name $key -}}
{{- end -}}
{{- end -}}
{{- toJson $files -}}
{{- end }}
