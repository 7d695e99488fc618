{{- /* Generated from values.schema.json by `npm run generate`. */ -}}
{{- define "operator.defaults" -}}
nameOverride: ""
fullnameOverride: ""
commonLabels: {}
global: {}
crds:
  enabled: true
  keep: true
image:
  repository: o365-sync-operator
  tag: ""
  digest: ""
  pullPolicy: IfNotPresent
imagePullSecrets: []
replicas: 2
watchNamespaces: []
leaderElection:
  enabled: true
  leaseName: o365-sync-operator
concurrentSyncs: 4
syncTimeoutSeconds: 1800
manualRunsPerHour: 60
maxDeletionPercent: 100
smtp:
  host: ""
  port: 0
  tls: starttls
  from: ""
  username: ""
  existingSecret: ""
  password: ""
  timeoutSeconds: 10
  clientName: ""
  mailsPerHour: 500
  allowedDomains: []
logLevel: info
cloudEndpoints: {}
sharedAccess:
  app:
    clientId: ""
    proof: ClientSecret
    existingSecret: ""
    clientSecret: ""
  allow: []
workloadIdentity:
  enabled: false
  clientId: ""
  tenantId: ""
watchSecrets: false
consent:
  redirectUrl: ""
  page:
    enabled: false
    port: 8082
metrics:
  enabled: true
  port: 8080
  service:
    enabled: true
    port: 8080
    annotations: {}
  serviceMonitor:
    enabled: false
    interval: 60s
    scrapeTimeout: 10s
    labels: {}
    relabelings: []
    metricRelabelings: []
  prometheusRule:
    enabled: false
    labels: {}
    runbookBaseUrl: ""
  dashboard:
    enabled: false
    annotations: {}
healthPort: 8081
proxy:
  httpsProxy: ""
  existingSecret: ""
  noProxy: ""
extraCa:
  configMap: ""
  key: ca.crt
rbac:
  create: true
  userRoles: true
serviceAccount:
  create: true
  name: ""
  annotations: {}
podDisruptionBudget:
  enabled: true
  maxUnavailable: 1
networkPolicy:
  enabled: false
  apiServerPorts:
    - 443
    - 6443
  metricsFrom: []
  extraEgress: []
topologySpread:
  enabled: true
topologySpreadConstraints: []
updateStrategy: {}
terminationGracePeriodSeconds: 60
revisionHistoryLimit: 3
priorityClassName: ""
tolerations: []
affinity: {}
hostAliases: []
dnsPolicy: ""
dnsConfig: {}
podLabels: {}
podAnnotations: {}
deploymentAnnotations: {}
extraArgs: []
extraEnv: []
extraVolumes: []
extraVolumeMounts: []
gateways: []
extraObjects: []
helmTest:
  enabled: true
{{- end -}}
