{{/* Parts that all pods share. */}}

{{- define "relay.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ .Values.security.runAsUser }}
runAsGroup: {{ .Values.security.runAsUser }}
fsGroup: {{ .Values.security.runAsUser }}
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "relay.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities: {drop: [ALL]}
{{- end }}

{{/* Annotations and labels of pods. Takes (list root component part-of-values checksummed). */}}
{{- define "relay.podMetadata" -}}
{{- $root := index . 0 -}}
{{- $part := index . 2 -}}
{{- $annotations := dict -}}
{{- if index . 3 }}{{ $annotations = dict "checksum/config" (index . 3 | sha256sum) }}{{ end -}}
{{- with merge $annotations $part.podAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
labels:
  {{- include "relay.labels" (list $root (index . 1)) | nindent 2 }}
  {{- with $part.podLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{/* Service account, security context and scheduling. Takes (list root component part-of-values). */}}
{{- define "relay.placement" -}}
{{- $root := index . 0 -}}
{{- $part := index . 2 -}}
serviceAccountName: {{ include "relay.serviceAccount" $root }}
automountServiceAccountToken: false
# Kubernetes' service variables (RELAY_…_HOST) would look like settings of the relay.
enableServiceLinks: false
securityContext:
  {{- include "relay.podSecurity" $root | nindent 2 }}
{{- with $root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $part.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $part.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $part.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $part.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- if hasKey $part "topologySpreadConstraints" }}
topologySpreadConstraints:
  {{- if $part.topologySpreadConstraints }}
  {{- toYaml $part.topologySpreadConstraints | nindent 2 }}
  {{- else }}
  {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "relay.selector" (list $root (index $ 1)) | nindent 8 }}
  {{- end }}
  {{- end }}
{{- end }}
{{- with $part.initContainers }}
initContainers:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* The environment of web or workers: settings as values, secrets as the paths of their files. Takes (list root process). */}}
{{- define "relay.environment" -}}
{{- $root := index . 0 -}}
{{- $files := include "relay.secretFiles" . | fromJson -}}
- name: RELAY_CONFIG
  value: /etc/relay/config/relay.yaml
{{- range $name := keys $files | sortAlpha }}
- name: {{ $name }}_FILE
  value: /etc/relay/secrets/{{ get $files $name }}
{{- end }}
{{- if and $root.Values.sandbox.enabled (not (hasKey $root.Values.settings "RELAY_ALLOW_GONG_HOSTS")) }}
- name: RELAY_ALLOW_GONG_HOSTS
  value: {{ include "relay.fullname" $root }}-sandbox:8090
{{- end }}
{{- range $name, $value := $root.Values.settings }}
{{- if not (hasPrefix "SANDBOX_" $name) }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}
{{- end }}

{{/* Not empty if an Ingress or an HTTPRoute leads to the web server: then all connections come from its proxy. */}}
{{- define "relay.isBehindProxy" -}}
{{- range $host := list .Values.endpoints .Values.operations -}}
{{- if or $host.ingress.enabled $host.httpRoute.enabled -}}true{{- end -}}
{{- end -}}
{{- end }}

{{- define "relay.extraEnvironment" -}}
{{- with .extraEnv }}
{{- toYaml . }}
{{- end }}
{{- end }}

{{/* Takes a part of the values. */}}
{{- define "relay.envFrom" -}}
{{- with .extraEnvFrom }}
envFrom:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Takes (list root part-of-values). */}}
{{- define "relay.mounts" -}}
{{- $root := index . 0 -}}
- {name: config, mountPath: /etc/relay/config, readOnly: true}
- {name: secrets, mountPath: /etc/relay/secrets, readOnly: true}
{{- if $root.Values.redis.tlsSecret }}
- {name: redis-tls, mountPath: /etc/relay/redis-tls, readOnly: true}
{{- end }}
- {name: tmp, mountPath: /tmp}
{{- with (index . 1).extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Takes (list root part-of-values process). */}}
{{- define "relay.volumes" -}}
{{- $root := index . 0 -}}
{{- $files := include "relay.secretFiles" (list $root (index . 2)) | fromJson -}}
- name: config
  configMap: {name: {{ include "relay.configMap" $root }}}
- name: secrets
  secret:
    secretName: {{ $root.Values.secrets.existingSecret }}
    defaultMode: 0440
    items:
      {{- range $key := values $files | uniq | sortAlpha }}
      - {key: {{ $key }}, path: {{ $key }}}
      {{- end }}
{{- with $root.Values.redis.tlsSecret }}
- name: redis-tls
  secret: {secretName: {{ . }}, defaultMode: 0440}
{{- end }}
- name: tmp
  emptyDir: {medium: Memory, sizeLimit: 64Mi}
{{- with (index . 1).extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Takes (list path port). Only the readiness probe depends on the store; liveness must not restart pods because Redis is down. */}}
{{- define "relay.probes" -}}
{{- $port := index . 0 -}}
startupProbe:
  httpGet: {path: /livez, port: {{ $port }}}
  periodSeconds: 2
  failureThreshold: 60
readinessProbe:
  httpGet: {path: /readyz, port: {{ $port }}}
  periodSeconds: 5
  timeoutSeconds: 3
livenessProbe:
  httpGet: {path: /livez, port: {{ $port }}}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
{{- end }}
