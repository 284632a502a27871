{{/*
A service's Deployment: dict "root" $ "service" NAME "values" (its values) "args" LIST and, if it serves gRPC, "port" NUMBER; if the API
server asks it about new pods, "gates" true; if it calls AWS, "authorities" and "proxy" of the values.
The image's entrypoint is `tributary`, its first argument which service it is.
*/}}
{{- define "tributary.deployment" -}}
{{- $root := .root }}
{{- $values := .values }}
{{- $secret := ne $root.Values.tls.mode "none" | ternary (include "tributary.tlsSecret" .) "" }}
{{- $selector := include "tributary.selector" (dict "root" $root "service" .service) }}
{{- $key := get (include "tributary.services" $root | fromYaml) .service }}
{{- $args := concat .args (list
  (printf "--installation=%s" $root.Values.installation)
  (printf "--admin-listen=%s:8080" $root.Values.listenAddress)
  (printf "--log-format=%s" $root.Values.log.format)
  (printf "--log=%s" $root.Values.log.filter)) }}
{{- if $secret }}{{ $args = append $args "--tls-dir=/etc/tributary/tls" }}{{ end }}
{{- with $root.Values.otlp.endpoint }}{{ $args = append $args (printf "--otlp-endpoint=%s" .) }}{{ end }}
{{- include "tributary.checkExtraArgs" (dict "key" (printf "%s.extraArgs" $key) "args" $args "extra" $values.extraArgs "repeated" list) }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "tributary.object" . }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    {{- include "tributary.labels" (dict "root" $root "service" .service) | nindent 4 }}
spec:
  {{- with include "tributary.replicas" . | trim }}
  replicas: {{ . }}
  {{- end }}
  selector:
    matchLabels:
      {{- $selector | nindent 6 }}
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxSurge: 1
      maxUnavailable: 0
  template:
    metadata:
      labels:
        {{- include "tributary.podLabels" (dict "root" $root "service" .service) | nindent 8 }}
        {{- with $values.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- with $values.podAnnotations }}
      annotations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      serviceAccountName: {{ include "tributary.account" . }}
      automountServiceAccountToken: true
      enableServiceLinks: false
      {{- with $root.Values.imagePullSecrets }}
      imagePullSecrets:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $values.priorityClassName }}
      priorityClassName: {{ . }}
      {{- end }}
      securityContext:
        {{- toYaml $root.Values.podSecurityContext | nindent 8 }}
      # The programs take at most 20 seconds, the sleep of those that serve 2.
      terminationGracePeriodSeconds: 30
      containers:
        - name: {{ .service }}
          image: {{ include "tributary.image" $root }}
          imagePullPolicy: {{ $root.Values.image.pullPolicy }}
          args:
            - {{ .service }}
            {{- range concat $args $values.extraArgs }}
            - {{ . | quote }}
            {{- end }}
          env:
            - name: POD_NAME
              valueFrom: {fieldRef: {fieldPath: metadata.name}}
            - name: POD_NAMESPACE
              valueFrom: {fieldRef: {fieldPath: metadata.namespace}}
            {{- with .proxy }}
            {{- if .https }}
            - name: HTTPS_PROXY
              value: {{ .https | quote }}
            - name: NO_PROXY
              value: {{ join "," .noProxy | quote }}
            {{- end }}
            {{- end }}
            {{- with $root.Values.otlp.sampler }}
            - name: OTEL_TRACES_SAMPLER
              value: {{ . | quote }}
            {{- end }}
            {{- with $root.Values.otlp.samplerArgument }}
            - name: OTEL_TRACES_SAMPLER_ARG
              value: {{ . | quote }}
            {{- end }}
            {{- if .authorities }}
            - name: SSL_CERT_FILE
              value: /etc/tributary/ca/bundle.crt
            {{- end }}
            {{- with $values.extraEnv }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
          ports:
            {{- with .port }}
            - {name: grpc, containerPort: {{ . }}}
            {{- end }}
            {{- if .gates }}
            - {name: gates, containerPort: 9443}
            {{- end }}
            - {name: admin, containerPort: 8080}
          {{- if .port }}
          # Nodes go on sending new connections here until they have heard of the end, and those to nobody are waited for.
          lifecycle:
            preStop: {sleep: {seconds: 2}}
          {{- end }}
          livenessProbe:
            httpGet: {path: /livez, port: admin}
            periodSeconds: 10
            timeoutSeconds: 3
            failureThreshold: 6
          readinessProbe:
            httpGet: {path: /readyz, port: admin}
            periodSeconds: 3
            timeoutSeconds: 3
            failureThreshold: 2
          resources:
            {{- toYaml $values.resources | nindent 12 }}
          securityContext:
            {{- toYaml $root.Values.securityContext | nindent 12 }}
          {{- if or $secret .authorities }}
          volumeMounts:
            {{- if $secret }}
            - {name: tls, mountPath: /etc/tributary/tls, readOnly: true}
            {{- end }}
            {{- if .authorities }}
            - {name: extra-ca, mountPath: /etc/tributary/ca, readOnly: true}
            {{- end }}
      volumes:
        {{- with $secret }}
        # Until it is there the pod waits.
        - name: tls
          secret: {secretName: {{ . }}}
        {{- end }}
        {{- with .authorities }}
        - name: extra-ca
          configMap:
            name: {{ .configMap }}
            items:
              - {key: {{ .key | quote }}, path: bundle.crt}
        {{- end }}
          {{- end }}
      {{- with include "tributary.placement" (dict "values" $values "selector" $selector) | trim }}
      {{- . | nindent 6 }}
      {{- end }}
{{- end }}

{{/* Where pods run: dict "values" (a service's values) "selector" (the labels of its pods). */}}
{{- define "tributary.placement" -}}
{{- with .values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.topologySpreadConstraints }}
topologySpreadConstraints:
  {{- range . }}
  {{- $own := dict "labelSelector" (dict "matchLabels" ($.selector | fromYaml)) "matchLabelKeys" (list "pod-template-hash") }}
  {{- list (hasKey . "labelSelector" | ternary . (merge (deepCopy .) $own)) | toYaml | nindent 2 }}
  {{- end }}
{{- end }}
{{- end }}

{{/* How many replicas a Deployment asks for, dict as of it. Those of an autoscaler stay as they are: without the field Kubernetes takes one
for meant, once the release before had it. Where there are none yet, or nobody can look (`helm template`), they stay unsaid, so that nobody
sets them back at every sync. */}}
{{- define "tributary.replicas" -}}
{{- if not (dig "autoscaling" "enabled" false .values) }}
{{- .values.replicas }}
{{- else }}
{{- with lookup "apps/v1" "Deployment" .root.Release.Namespace (include "tributary.object" .) }}
{{- max (int .spec.replicas) (int $.values.autoscaling.minReplicas) }}
{{- end }}
{{- end }}
{{- end }}
