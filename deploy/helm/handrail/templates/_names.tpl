{{/* The name of everything in a release. */}}
{{- define "handrail.name" -}}
{{- if eq .Release.Name "handrail" -}}handrail{{- else -}}{{ printf "%s-handrail" .Release.Name | trunc 50 | trimSuffix "-" }}{{- end -}}
{{- end }}

{{/* What finds the pods of a release. These never change, because a Deployment's selector cannot. */}}
{{- define "handrail.selector" -}}
app.kubernetes.io/name: handrail
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "handrail.labels" -}}
{{ include "handrail.selector" . }}
app.kubernetes.io/version: {{ .Values.image.tag | default .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "handrail.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ with .Values.image.digest }}@{{ . }}{{ end }}
{{- end }}

{{/* What every container of Handrail is: nobody in particular, on a root that cannot be written. */}}
{{- define "handrail.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{- define "handrail.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{/* One port or a list of them, as a rule of a network policy names them. */}}
{{- define "handrail.ports" -}}
ports:
{{- range (kindIs "slice" . | ternary . (list .)) }}
  - {protocol: TCP, port: {{ . }}}
{{- end }}
{{- end }}

{{/* An Ingress up to its paths. */}}
{{- define "handrail.ingressHost" -}}
{{- with .Values.ingress.className }}
ingressClassName: {{ . }}
{{- end }}
tls:
  - hosts: [{{ .Values.ingress.host | quote }}]
    secretName: {{ .Values.ingress.tlsSecret }}
rules:
  - host: {{ .Values.ingress.host | quote }}
    http:
      paths:
{{- end }}

{{/* What must not be reached from outside, for the release of that name. */}}
{{- define "handrail.closedPaths" -}}
{{- range list "/metrics" "/webhooks" }}
- path: {{ . }}
  pathType: Prefix
  backend: {service: {name: {{ $ }}-closed, port: {name: http}}}
{{- end }}
{{- end }}

{{- define "handrail.secretEnv" -}}
{{- range .names }}
- name: {{ . }}
  valueFrom: {secretKeyRef: {name: {{ $.secret }}, key: {{ . }}}}
{{- end }}
{{- end }}
