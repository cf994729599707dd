{{- define "lockstep.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "lockstep.pod" -}}
automountServiceAccountToken: false
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "lockstep.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{- define "lockstep.settings" -}}
- configMapRef: { name: lockstep }
- secretRef: { name: {{ .Values.secretName }} }
{{- end }}

{{- /* a changed setting is rolled out as a new version is */}}
{{- define "lockstep.settingsChecksum" -}}
checksum/settings: {{ toJson .Values.settings | sha256sum }}
{{- end }}
