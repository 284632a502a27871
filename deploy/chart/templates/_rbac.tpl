{{/*
A service's account, and what is bound to it. Each takes dict "root" $ "service" NAME "values" (its values); a role also "rules",
and a Role "namespace". The rules themselves stand with the service, in rbac/.
*/}}

{{- define "tributary.serviceaccount" -}}
{{- if .values.serviceAccount.create -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "tributary.account" . }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "tributary.labels" (dict "root" .root "service" .service) | nindent 4 }}
  {{- with .values.serviceAccount.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
{{- end }}

{{/* Also "kind", ClusterRole or Role, and of a Role "namespace". */}}
{{- define "tributary.rolemeta" -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ .kind }}
metadata:
  name: {{ include "tributary.object" . }}
  {{- with .namespace }}
  namespace: {{ . }}
  {{- end }}
  labels:
    {{- include "tributary.labels" (dict "root" .root "service" .service) | nindent 4 }}
{{- end }}

{{- define "tributary.rolebinding" -}}
{{ include "tributary.rolemeta" (merge (dict "kind" (printf "%sBinding" .kind)) .) }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: {{ .kind }}
  name: {{ include "tributary.object" . }}
subjects:
  - kind: ServiceAccount
    name: {{ include "tributary.account" . }}
    namespace: {{ .root.Release.Namespace }}
{{- end }}

{{/* Of both programmers, in the cluster. */}}
{{- define "tributary.programmerRules" }}
rules:
  - apiGroups: [""]
    resources: [secrets]
    verbs: [get]
  # finalizer-policy.yaml narrows patch down to the two finalizers.
  - apiGroups: ["gateway.networking.k8s.io"]
    resources: [gateways]
    verbs: [get, list, patch]
{{- end }}
