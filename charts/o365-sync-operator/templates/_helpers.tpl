{{- define "operator.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "operator.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- $name := include "operator.name" . -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "operator.selectorLabels" -}}
app.kubernetes.io/name: {{ include "operator.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "operator.labels" -}}
{{ include "operator.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "operator.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "operator.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "operator.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{/* The Secret with the proof of the operator's own app; empty without one. */}}
{{- define "operator.appSecretName" -}}
{{- $app := .Values.sharedAccess.app -}}
{{- if and $app.clientId (ne $app.proof "WorkloadIdentity") -}}
{{- default (printf "%s-app" (include "operator.fullname" .)) $app.existingSecret -}}
{{- end -}}
{{- end -}}

{{/* The Secret with the mail server's password; empty without a login. */}}
{{- define "operator.smtpSecretName" -}}
{{- if and .Values.smtp.host .Values.smtp.username -}}
{{- default (printf "%s-smtp" (include "operator.fullname" .)) .Values.smtp.existingSecret -}}
{{- end -}}
{{- end -}}

{{/* Content of the --shared-access file; empty when nothing is shared. */}}
{{- define "operator.sharedAccess" -}}
{{- $app := .Values.sharedAccess.app -}}
{{- if or $app.clientId .Values.sharedAccess.allow -}}
{{- $shared := dict "allow" .Values.sharedAccess.allow -}}
{{- if $app.clientId -}}
{{- $own := dict "clientId" $app.clientId -}}
{{- if eq $app.proof "ClientSecret" -}}
{{- $_ := set $own "clientSecretFile" "/etc/o365-sync/app/clientSecret" -}}
{{- else if eq $app.proof "Certificate" -}}
{{- $_ := set $own "certificateFile" "/etc/o365-sync/app/tls.crt" -}}
{{- $_ := set $own "privateKeyFile" "/etc/o365-sync/app/tls.key" -}}
{{- else -}}
{{- $_ := set $own "workloadIdentity" true -}}
{{- end -}}
{{- $_ := set $shared "app" $own -}}
{{- end -}}
{{- toPrettyJson $shared -}}
{{- end -}}
{{- end -}}

{{/* Files of the settings ConfigMap as YAML; empty when there are none. */}}
{{- define "operator.settings" -}}
{{- with include "operator.sharedAccess" . }}
shared-access.json: |
  {{- . | nindent 2 }}
{{- end }}
{{- with .Values.cloudEndpoints }}
cloud-endpoints.json: |
  {{- toPrettyJson . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "operator.rules" -}}
{{- .Files.Get "files/rules.yaml" | replace "LEASE_NAME" .Values.leaderElection.leaseName -}}
{{- end -}}
