{{/* The Secret of a service's certificate, or of people's: dict "root" $ "service" NAME. The program has the same names. */}}
{{- define "tributary.tlsSecret" -}}
{{ include "tributary.object" . }}-tls
{{- end }}

{{/* Where the API server asks about new pods: the name in the merger's certificate. */}}
{{- define "tributary.gatesHost" -}}
{{ include "tributary.object" (dict "root" . "service" "merger") }}.{{ .Release.Namespace }}.svc
{{- end }}

{{/* Who has a certificate: the services that run, and `client`. */}}
{{- define "tributary.identities" -}}
{{- $names := list }}
{{- range $service, $key := include "tributary.services" . | fromYaml }}
{{- if (index $.Values $key).enabled }}{{ $names = append $names $service }}{{ end }}
{{- end }}
{{- join "," (append $names "client") }}
{{- end }}

{{/* A Job's spec: it makes, renews and deletes what is to be, and ends. */}}
{{- define "tributary.certificatesJob" -}}
{{- $own := .Values.tls.own -}}
{{- $names := dict "root" . "service" "tls" "values" $own -}}
# The role may come after it, and the API server may be away.
backoffLimit: 6
activeDeadlineSeconds: 900
ttlSecondsAfterFinished: 300
template:
  metadata:
    labels:
      {{- include "tributary.podLabels" $names | nindent 6 }}
      {{- with $own.podLabels }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
    {{- with $own.podAnnotations }}
    annotations:
      {{- toYaml . | nindent 6 }}
    {{- end }}
  spec:
    restartPolicy: Never
    serviceAccountName: {{ include "tributary.account" $names }}
    automountServiceAccountToken: true
    enableServiceLinks: false
    {{- with .Values.imagePullSecrets }}
    imagePullSecrets:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    securityContext:
      {{- toYaml .Values.podSecurityContext | nindent 6 }}
    containers:
      - name: certificates
        image: {{ include "tributary.image" . }}
        imagePullPolicy: {{ .Values.image.pullPolicy }}
        args:
          - certificates
          - {{ printf "--name=%s" (include "tributary.fullname" .) | quote }}
          - {{ printf "--namespace=%s" .Release.Namespace | quote }}
          - {{ printf "--for=%s" (include "tributary.identities" .) | quote }}
          {{- if .Values.podReadinessGates.enabled }}
          - {{ printf "--hosts=merger=%s" (include "tributary.gatesHost" .) | quote }}
          - {{ printf "--webhook=%s" (include "tributary.installed" (dict "root" . "what" "pod-readiness-gates")) | quote }}
          {{- end }}
          - {{ printf "--labels=app.kubernetes.io/name=%s,app.kubernetes.io/instance=%s,app.kubernetes.io/part-of=tributary" (include "tributary.name" .) .Release.Name | quote }}
          - {{ printf "--settle-seconds=%v" $own.settleSeconds | quote }}
          - {{ printf "--installation=%s" .Values.installation | quote }}
          - {{ printf "--log-format=%s" .Values.log.format | quote }}
          - {{ printf "--log=%s" .Values.log.filter | quote }}
        resources:
          {{- toYaml $own.resources | nindent 10 }}
        securityContext:
          {{- toYaml .Values.securityContext | nindent 10 }}
    {{- with $own.nodeSelector }}
    nodeSelector:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- with $own.tolerations }}
    tolerations:
      {{- toYaml . | nindent 6 }}
    {{- end }}
{{- end }}
