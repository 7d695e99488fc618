{{/*
First line of every template. `helm upgrade --reuse-values` gives a new chart the values of an old release, which lack what is
new: each group and each value that is not there gets its default, but for what a map holds: a user's null removes that.
*/}}
{{- define "operator.init" -}}
{{- include "operator.complete" (dict "values" .Values "defaults" (include "operator.defaults" . | fromYaml)) -}}
{{- end -}}

{{- define "operator.complete" -}}
{{- $values := .values -}}
{{- range $name, $default := .defaults -}}
{{- $value := get $values $name -}}
{{- if or (not (hasKey $values $name)) (kindIs "invalid" $value) -}}
{{- $_ := set $values $name $default -}}
{{- else if and (kindIs "map" $default) (kindIs "map" $value) -}}
{{- include "operator.complete" (dict "values" $value "defaults" $default) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* A string of a container as it is: quoted, and without Kubernetes' own $(NAME). */}}
{{- define "operator.literal" -}}
{{- . | replace "$(" "$$(" | quote -}}
{{- end -}}

{{- define "operator.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* Short enough for what is put behind it; a release's name may have dots. */}}
{{- define "operator.fullname" -}}
{{- $name := include "operator.name" . -}}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- regexReplaceAll "[-.]+$" (default $full .Values.fullnameOverride | trunc 52) "" -}}
{{- end -}}

{{- define "operator.selectorLabels" -}}
app.kubernetes.io/name: {{ include "operator.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{- define "operator.labels" -}}
{{- include "operator.labelsWith" (list . dict dict) -}}
{{- end -}}

{{/* Of the context, with labels of ours and labels of the user: each key once, and ours win, for objects are found by them. */}}
{{- define "operator.labelsWith" -}}
{{- $root := index . 0 -}}
{{- $own := include "operator.selectorLabels" $root | fromYaml -}}
{{- $_ := set $own "app.kubernetes.io/version" $root.Chart.AppVersion -}}
{{- $_ := set $own "app.kubernetes.io/managed-by" $root.Release.Service -}}
{{- $_ := set $own "helm.sh/chart" (printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-") -}}
{{- toYaml (merge dict $own (index . 1) (index . 2) $root.Values.commonLabels) -}}
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

{{/* The user's, and zones apart where there are any, unless the user says what is to be apart. */}}
{{- define "operator.affinity" -}}
{{- $affinity := deepCopy .Values.affinity -}}
{{- if and .Values.topologySpread.enabled (not .Values.topologySpreadConstraints) (not (hasKey $affinity "podAntiAffinity")) -}}
{{- $labels := dict "matchLabels" (include "operator.selectorLabels" . | fromYaml) -}}
{{- $term := dict "topologyKey" "topology.kubernetes.io/zone" "matchLabelKeys" (list "pod-template-hash") "labelSelector" $labels -}}
{{- $preferred := list (dict "weight" 100 "podAffinityTerm" $term) -}}
{{- $_ := set $affinity "podAntiAffinity" (dict "preferredDuringSchedulingIgnoredDuringExecution" $preferred) -}}
{{- end -}}
{{- toYaml $affinity -}}
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

{{/* The Secret with the proxy's URL, which may hold a password; empty without a proxy. */}}
{{- define "operator.proxySecretName" -}}
{{- $proxy := .Values.proxy -}}
{{- if $proxy.existingSecret -}}
{{- $proxy.existingSecret -}}
{{- else if $proxy.httpsProxy -}}
{{- printf "%s-proxy" (include "operator.fullname" .) -}}
{{- end -}}
{{- end -}}

{{/*
The Secrets of the installation itself as namespace/name, separated by commas: no O365Sync may name one of them. The usual
names are among them also where nothing uses them yet: whoever adds a key to plain manifests need not think of it.
*/}}
{{- define "operator.ownSecrets" -}}
{{- $own := list -}}
{{- range list "app" "smtp" "proxy" -}}
{{- $own = append $own (printf "%s/%s-%s" $.Release.Namespace (include "operator.fullname" $) .) -}}
{{- end -}}
{{- $names := list (include "operator.appSecretName" .) (include "operator.smtpSecretName" .) (include "operator.proxySecretName" .) -}}
{{- range $names | compact -}}
{{- $own = append $own (printf "%s/%s" $.Release.Namespace .) -}}
{{- end -}}
{{- join "," ($own | uniq) -}}
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
{{- .Files.Get "files/rules.yaml" | replace "LEASE_NAME" (.Values.leaderElection.leaseName | quote) -}}
{{- end -}}
