{{- define "drover.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- /* The name of one part: <release>-<part>. Call with (list $ "auth-proxy"). */}}
{{- define "drover.name" -}}
{{ printf "%s-%s" (index . 0).Release.Name (index . 1) | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "drover.selector" -}}
app.kubernetes.io/name: {{ index . 1 }}
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
{{- end }}

{{- define "drover.labels" -}}
{{ include "drover.selector" . }}
app.kubernetes.io/part-of: drover
app.kubernetes.io/version: {{ (index . 0).Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ (index . 0).Release.Service }}
helm.sh/chart: {{ printf "%s-%s" (index . 0).Chart.Name (index . 0).Chart.Version }}
{{- end }}

{{- /* The pod security standard `restricted`: of the pod, and of each container. */}}
{{- define "drover.podSecurity" -}}
runAsNonRoot: true
runAsUser: 1000
runAsGroup: 1000
fsGroup: 1000
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "drover.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{- /* Where pods may run, and apart from their like. */}}
{{- define "drover.placement" -}}
{{- $root := index . 0 -}}
affinity:
  podAntiAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        podAffinityTerm:
          topologyKey: kubernetes.io/hostname
          labelSelector:
            matchLabels:
              {{- include "drover.selector" . | nindent 14 }}
{{- with $root.Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $root.Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end }}

{{- /* A service listens when it is ready, and not before: a TCP probe says as much. Call with the port's name. */}}
{{- define "drover.probes" -}}
startupProbe:
  tcpSocket: { port: {{ . }} }
  periodSeconds: 2
  failureThreshold: 60
readinessProbe:
  tcpSocket: { port: {{ . }} }
  periodSeconds: 5
livenessProbe:
  tcpSocket: { port: {{ . }} }
  periodSeconds: 10
{{- end }}

{{- define "drover.natsUrl" -}}
{{- if .Values.nats.enabled -}}
nats://{{ include "drover.name" (list . "nats") }}:4222
{{- else -}}
{{ .Values.nats.url }}
{{- end }}
{{- end }}

{{- /* Without a password: the setup adds it, in each service's own Secret. */}}
{{- define "drover.redisUrl" -}}
{{- if .Values.redis.enabled -}}
redis://{{ include "drover.name" (list . "redis") }}:6379
{{- else -}}
{{ .Values.redis.url }}
{{- end }}
{{- end }}

{{- /* Environment that every service has. What is secret, or made by the setup, is in /run/drover/service.env. */}}
{{- define "drover.env" -}}
- { name: DROVER_LOG_LEVEL, value: {{ .Values.logLevel | quote }} }
- { name: DROVER_NATS_URL, value: {{ include "drover.natsUrl" . | quote }} }
{{- end }}

{{- define "drover.tlsEnv" -}}
{{- if .Values.tls.secretName }}
- { name: DROVER_TLS_CERT, value: /run/drover-tls/tls.crt }
- { name: DROVER_TLS_KEY, value: /run/drover-tls/tls.key }
{{- end }}
{{- end }}

{{- define "drover.tlsMount" -}}
{{- if .Values.tls.secretName }}
- { name: tls, mountPath: /run/drover-tls, readOnly: true }
{{- end }}
{{- end }}

{{- define "drover.tlsVolume" -}}
{{- if .Values.tls.secretName }}
- name: tls
  secret: { secretName: {{ .Values.tls.secretName }}, defaultMode: 0440 }
{{- end }}
{{- end }}

{{- /* Every name by which people, agents and services reach the hub, divided by commas. */}}
{{- define "drover.serverNames" -}}
{{- $names := list -}}
{{- range concat (list .Values.publicUrl) .Values.tunnelUrls -}}
{{- $names = append $names ((urlParse .).host | regexFind "^(\\[[^]]*\\]|[^:]*)" | trimAll "[]") -}}
{{- end -}}
{{- range list "auth-proxy" "tunnel-gateway" -}}
{{- $names = append $names (printf "%s.%s.svc" (include "drover.name" (list $ .)) $.Release.Namespace) -}}
{{- end -}}
{{- join "," (concat $names .Values.serverNames | uniq) -}}
{{- end }}

{{- /* `policy/v1` began with Kubernetes 1.21, `policy/v1beta1` ended with 1.25. */}}
{{- define "drover.pdbVersion" -}}
{{ semverCompare ">=1.21-0" .Capabilities.KubeVersion.Version | ternary "policy/v1" "policy/v1beta1" }}
{{- end }}
