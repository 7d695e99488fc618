{{/* The flags, in the order of --help. */}}
{{- define "operator.args" -}}
{{- $settings := include "operator.settings" . | fromYaml }}
{{- with .Values.watchNamespaces }}
- {{ printf "--watch-namespaces=%v" (join "," .) | quote }}
{{- end }}
{{- if hasKey $settings "cloud-endpoints.json" }}
- --cloud-endpoints=/etc/o365-sync/settings/cloud-endpoints.json
{{- end }}
{{- if hasKey $settings "shared-access.json" }}
- --shared-access=/etc/o365-sync/settings/shared-access.json
{{- end }}
{{- with include "operator.ownSecrets" . }}
- {{ printf "--own-secrets=%v" . | quote }}
{{- end }}
{{- if .Values.watchSecrets }}
- --watch-secrets
{{- end }}
- --concurrent-syncs={{ .Values.concurrentSyncs }}
{{- if .Values.leaderElection.enabled }}
- --leader-elect
- {{ printf "--leader-election-namespace=%v" .Release.Namespace | quote }}
- {{ printf "--leader-election-id=%v" .Values.leaderElection.leaseName | quote }}
{{- end }}
- --metrics-bind-address={{ if .Values.metrics.enabled }}:{{ .Values.metrics.port }}{{ else }}0{{ end }}
- --health-probe-bind-address=:{{ .Values.healthPort }}
{{- with .Values.consent.redirectUrl }}
- {{ include "operator.literal" (printf "--consent-redirect-url=%v" .) }}
{{- end }}
{{- if .Values.consent.page.enabled }}
- --consent-bind-address=:{{ .Values.consent.page.port }}
{{- end }}
- --sync-timeout={{ .Values.syncTimeoutSeconds }}
- --manual-runs-per-hour={{ .Values.manualRunsPerHour }}
- --max-deletion-percent={{ .Values.maxDeletionPercent }}
{{- with .Values.smtp }}
{{- if .host }}
- {{ printf "--smtp-host=%v" .host | quote }}
{{- if .port }}
- {{ printf "--smtp-port=%v" .port | quote }}
{{- end }}
{{- if .username }}
- {{ include "operator.literal" (printf "--smtp-username=%v" .username) }}
- --smtp-password-file=/etc/o365-sync/smtp/password
{{- end }}
- {{ printf "--smtp-tls=%v" .tls | quote }}
- {{ include "operator.literal" (printf "--smtp-from=%v" .from) }}
- {{ printf "--smtp-timeout=%v" .timeoutSeconds | quote }}
- {{ printf "--mails-per-hour=%v" .mailsPerHour | quote }}
{{- with .clientName }}
- {{ printf "--smtp-client-name=%v" . | quote }}
{{- end }}
{{- end }}
{{- with .allowedDomains }}
- {{ printf "--notification-allowed-domains=%v" (join "," .) | quote }}
{{- end }}
{{- end }}
- {{ printf "--log-level=%v" .Values.logLevel | quote }}
{{- range .Values.extraArgs }}
- {{ . | quote }}
{{- end }}
{{- end -}}

{{- define "operator.ports" -}}
- name: health
  containerPort: {{ .Values.healthPort }}
{{- if .Values.metrics.enabled }}
- name: metrics
  containerPort: {{ .Values.metrics.port }}
{{- end }}
{{- if .Values.consent.page.enabled }}
- name: consent
  containerPort: {{ .Values.consent.page.port }}
{{- end }}
{{- end -}}

{{- define "operator.volumeMounts" -}}
{{- if include "operator.settings" . | trim }}
- name: settings
  mountPath: /etc/o365-sync/settings
  readOnly: true
{{- end }}
{{- if include "operator.appSecretName" . }}
- name: app
  mountPath: /etc/o365-sync/app
  readOnly: true
{{- end }}
{{- if include "operator.smtpSecretName" . }}
- name: smtp
  mountPath: /etc/o365-sync/smtp
  readOnly: true
{{- end }}
{{- if .Values.extraCa.configMap }}
- name: ca
  mountPath: /etc/o365-sync/ca
  readOnly: true
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "operator.volumes" -}}
{{- if include "operator.settings" . | trim }}
- name: settings
  configMap:
    name: {{ include "operator.fullname" . }}-settings
{{- end }}
{{- with include "operator.appSecretName" . }}
- name: app
  secret:
    secretName: {{ . | quote }}
{{- end }}
{{- with include "operator.smtpSecretName" . }}
- name: smtp
  secret:
    secretName: {{ . | quote }}
{{- end }}
{{- with .Values.extraCa.configMap }}
- name: ca
  configMap:
    name: {{ . | quote }}
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}
