{{/* Names, labels and images. */}}

{{- define "relay.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end }}

{{/* The first part of every object's name: the release's name, followed by the chart's unless already contained. */}}
{{- define "relay.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if or (contains "relay" .Release.Name) (contains (include "relay.name" .) .Release.Name) -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "relay.name" .) | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end }}

{{/* Selector labels. They never change between versions. Takes (list root component). */}}
{{- define "relay.selector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: {{ include "relay.name" $root }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{/* Takes (list root component). */}}
{{- define "relay.labels" -}}
{{- $root := index . 0 -}}
{{ include "relay.selector" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: gong-relay
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" }}
{{- with $root.Values.extraLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* The metadata of an object. Takes (list root name component). */}}
{{- define "relay.metadata" -}}
{{- $root := index . 0 -}}
name: {{ index . 1 }}
namespace: {{ $root.Release.Namespace }}
labels:
  {{- include "relay.labels" (list $root (index . 2)) | nindent 2 }}
{{- end }}

{{/* The component name of a store's workers: `worker` for store main, otherwise `worker-NAME`. */}}
{{- define "relay.workers" -}}
{{- if eq . "main" }}worker{{ else }}worker-{{ . | replace "_" "-" }}{{ end -}}
{{- end }}

{{- define "relay.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "relay.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end }}

{{- define "relay.configMap" -}}
{{- default (printf "%s-config" (include "relay.fullname" .)) .Values.existingConfigMap -}}
{{- end }}

{{/* Takes (dict "image" … "tag" …): the tag is the fallback. */}}
{{- define "relay.image" -}}
{{- $tag := default .tag .image.tag -}}
{{- .image.repository }}{{ if .image.digest }}@{{ .image.digest }}{{ else }}:{{ $tag }}{{ end -}}
{{- end }}
