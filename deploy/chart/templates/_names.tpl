{{/* Names and labels. `tributary.fullname` leaves room for the longest suffix, `-alb-programmer`, in 63 characters. */}}

{{- define "tributary.name" -}}
{{ default .Chart.Name .Values.nameOverride | trunc 46 | trimSuffix "-" }}
{{- end }}

{{/* The release's name where that says what it is, otherwise both. */}}
{{- define "tributary.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if .Values.fullnameOverride -}}
{{ .Values.fullnameOverride | trunc 46 | trimSuffix "-" }}
{{- else if contains $name .Release.Name -}}
{{ .Release.Name | trunc 46 | trimSuffix "-" }}
{{- else -}}
{{ printf "%s-%s" .Release.Name $name | trunc 46 | trimSuffix "-" }}
{{- end -}}
{{- end }}

{{/* Every service by its name, and the key of its values. */}}
{{- define "tributary.services" -}}
watcher: watcher
merger: merger
alb-programmer: albProgrammer
nlb-programmer: nlbProgrammer
status-writer: statusWriter
{{- end }}

{{/* Labels that select the pods of a service: dict "root" $ "service" NAME. */}}
{{- define "tributary.selector" -}}
app.kubernetes.io/name: {{ include "tributary.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .service }}
{{- end }}

{{/* Labels of an object: dict "root" $ and, if it is of one service, "service" NAME. */}}
{{- define "tributary.labels" -}}
app.kubernetes.io/name: {{ include "tributary.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- with .service }}
app.kubernetes.io/component: {{ . }}
{{- end }}
app.kubernetes.io/part-of: tributary
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | trunc 63 }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Labels of a pod: those of the chart's version would make every upgrade a rollout. dict "root" $ "service" NAME. */}}
{{- define "tributary.podLabels" -}}
{{ include "tributary.selector" . }}
app.kubernetes.io/part-of: tributary
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Name of a service's objects: dict "root" $ "service" NAME. */}}
{{- define "tributary.object" -}}
{{ include "tributary.fullname" .root }}-{{ .service }}
{{- end }}

{{/* Name of a service's account: dict "root" $ "service" NAME "values" (its values). */}}
{{- define "tributary.account" -}}
{{- .values.serviceAccount.name | default (include "tributary.object" .) -}}
{{- end }}

{{/* The account as the API server knows who asks. */}}
{{- define "tributary.username" -}}
system:serviceaccount:{{ .root.Release.Namespace }}:{{ include "tributary.account" . }}
{{- end }}

{{/* A name that follows from the installation, as the programs have it of their Leases: dict "root" $ "what" WHAT.
Cluster-wide, so that a second release with the same installation cannot be installed, where nobody looked for it (checks.yaml). */}}
{{- define "tributary.installed" -}}
{{- if eq .root.Values.installation "tributary" -}}
tributary-{{ .what }}
{{- else -}}
tributary-{{ .root.Values.installation }}-{{ .what }}
{{- end -}}
{{- end }}

{{/* A qualified name of the installation, as the programs have it: dict "root" $ "what" WHAT. */}}
{{- define "tributary.qualified" -}}
{{- if eq .root.Values.installation "tributary" -}}
gateway.tributary.dev/{{ .what }}
{{- else -}}
gateway.tributary.dev/{{ .root.Values.installation }}.{{ .what }}
{{- end -}}
{{- end }}

{{/* controllerName of GatewayClasses: dict "root" $ "kind" "alb" or "nlb". */}}
{{- define "tributary.controllerName" -}}
{{- if eq .root.Values.installation "tributary" -}}
gateway.k8s.aws/{{ .kind }}
{{- else -}}
{{ include "tributary.qualified" (dict "root" .root "what" .kind) }}
{{- end -}}
{{- end }}

{{- define "tributary.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}
{{- end -}}
{{- end -}}
{{- end }}

{{/* Where the services find each other. A Service, not its pods: a standby's answer makes the client connect anew. */}}
{{- define "tributary.address" -}}
http://{{ include "tributary.object" . }}.{{ .root.Release.Namespace }}.svc:{{ .port }}
{{- end }}

{{/* Where a service is called: its gRPC. dict "root" $ "service" NAME "port" NUMBER. */}}
{{- define "tributary.grpcAddress" -}}
{{ eq .root.Values.tls.mode "none" | ternary "http" "https" }}://{{ include "tributary.object" . }}.{{ .root.Release.Namespace }}.svc:{{ .port }}
{{- end }}

{{/* Port of a URL: dict "url" URL "default" PORT. */}}
{{- define "tributary.port" -}}
{{- regexFind ":[0-9]+$" (urlParse .url).host | trimPrefix ":" | default (toString .default) -}}
{{- end }}

{{/* Seconds of a Go duration of hours, minutes and seconds. */}}
{{- define "tributary.seconds" -}}
{{- $seconds := 0 }}
{{- range regexFindAll "[0-9]+[hms]" . -1 }}
{{- $seconds = add $seconds (mul (regexFind "[0-9]+" . | atoi) (get (dict "h" 3600 "m" 60 "s" 1) (regexFind "[hms]" .))) }}
{{- end }}
{{- $seconds }}
{{- end }}

{{/* Refuses flags that are there already: a program takes each once, so its pods would not start. dict "key" (of the value)
"args" (the chart's) "extra" (the value) "repeated" (flags that may stand more than once in it). */}}
{{- define "tributary.checkExtraArgs" -}}
{{- $given := dict }}
{{- range .args }}
{{- with regexFind "^--[^=]+" . }}{{ $_ := set $given . "the chart gives it already" }}{{ end }}
{{- end }}
{{- range $index, $arg := .extra }}
{{- with regexFind "^--[^=]+" $arg }}
{{- if hasKey $given . }}
{{- fail (printf "%s[%d]: %s twice: %s" $.key $index . (get $given .)) }}
{{- end }}
{{- if not (has . $.repeated) }}{{ $_ := set $given . "it is in this list" }}{{ end }}
{{- end }}
{{- end }}
{{- end }}
