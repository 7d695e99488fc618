/** A runbook begins with a mistake: what its alert tells of is brought about, shown by its commands, and mended as it says. */
import type { Mistake } from "./mistake.ts";
import {
  approved,
  certificate,
  certificateSecret,
  isNotReady,
  isReady,
  mailServerSet,
  mailServerUnset,
  patch,
  RIGHT_SECRET,
  scaled,
  secret,
  sync,
  testConnection,
  upgraded,
  waitFor,
  withoutSecret,
} from "./steps.ts";

const CONDITIONS = "{range .status.conditions[*]}";
const OBJECT = "o365syncs.o365sync.dev/example-com";
const mailed = (recipient: string, result: string): readonly string[] => [
  patch({ notifications: { enabled: true, recipients: [recipient] } }),
  ...sync,
  waitFor("notifications.last.result", result),
];
const runbook = (name: string): string => `docs/runbooks/O365Sync${name}.md`;

/** A slot in the past, which an operator that was away finds. */
const HOURS_AGO = "date -u -d '-3 hours' +%H:%M";
const AWAY = [
  `kubectl -n mail patch ${OBJECT} --type=merge -p '{"spec":{"schedule":{"enabled":true,"startingDeadlineSeconds":60,"times":["'"$(${HOURS_AGO})"'"]}}}'`,
  ...sync,
  scaled(0),
  `kubectl -n mail patch ${OBJECT} --subresource=status --type=merge -p '{"status":{"lastSuccessfulTime":"'"$(date -u -d '-1 day' +%FT%TZ)"'","schedule":{"since":"'"$(date -u -d '-3 days' +%FT%TZ)"'","lastSlotTime":"'"$(date -u -d '-1 day' +%FT%TZ)"'"}}}'`,
  scaled(2),
];

export const RUNBOOKS: readonly Mistake[] = [
  {
    page: runbook("AdditionsBehind"),
    what: "additions that are off",
    make: [patch({ schedule: { additions: null } }), ...sync],
    type: ["{.status.additions}"],
    lacks: "message",
    told: "`schedule.additions.enabled` is not true",
    cure: [patch({ schedule: { enabled: true, timesPerDay: 1, additions: { enabled: true } } })],
  },
  {
    page: runbook("CredentialExpiring"),
    what: "a certificate of ten days",
    make: [
      certificate(10),
      ({ tenant, read }) => void tenant.app.certificates.push(read("tls.crt")),
      certificateSecret,
      patch({ credentials: { clientSecretRef: null, certificateRef: { name: "o365-cert" } } }),
      ...testConnection,
    ],
    type: [CONDITIONS],
    seen: "the certificate in the Secret",
    told: "Make a new certificate, upload it",
    cure: [
      certificate(365),
      ({ tenant, read }) => void tenant.app.certificates.push(read("tls.crt")),
      certificateSecret,
      ...testConnection,
    ],
  },
  {
    page: runbook("GatewayEmpty"),
    what: "a namespace in which nothing is published",
    typo: ["-n mail", "-n default"],
    type: ["get o365syncs.o365sync.dev"],
    seen: "No resources found",
    told: "the namespace is another",
    cure: [],
  },
  {
    page: runbook("GatewayWentBack"),
    what: "a ConfigMap as kubectl shows it by itself",
    typo: [" --show-managed-fields", ""],
    type: ["--show-managed-fields"],
    lacks: "managedFields",
    told: "`kubectl` hides it without `--show-managed-fields`",
    cure: [],
  },
  {
    page: runbook("Held"),
    what: "a limit that good plans exceed",
    make: [
      patch({ operationsLimit: { accountAdds: 0 } }),
      ({ tenant }) => void tenant.company.hire("held.henry@example.com"),
      ...sync,
    ],
    type: [CONDITIONS],
    seen: "Held",
    told: "raise `operationsLimit`",
    cure: [patch({ operationsLimit: { accountAdds: 10 } }), ...sync],
    check: [isReady],
  },
  {
    page: runbook("NamespaceNotServed"),
    what: "a binding that was taken away",
    make: ["kubectl delete clusterrolebinding o365-sync-operator"],
    type: ["kubectl auth can-i list"],
    seen: "no",
    told: "`helm upgrade` makes them again",
    cure: [upgraded],
  },
  {
    page: runbook("NeverSynced"),
    what: "a Secret that is not there",
    make: [withoutSecret, ...testConnection],
    type: [CONDITIONS],
    seen: "DependencyNotReady",
    told: "it is not there",
    cure: [secret(RIGHT_SECRET), ...sync],
    check: [isReady],
  },
  {
    page: runbook("NoLeader"),
    what: "a Deployment without replicas",
    make: [scaled(0)],
    type: ["get lease o365-sync-operator"],
    seen: 'holderIdentity: ""',
    told: "scale deployment o365-sync-operator --replicas=2",
    cure: [scaled(2), ...sync],
  },
  {
    page: runbook("NotReady"),
    what: "a spec that changed while automatic sync is off",
    make: [patch({ excludeRecords: ["nobody.*"] }), isNotReady],
    type: [CONDITIONS],
    seen: "SyncRequired",
    told: "Run the command in the message",
    cure: [`kubectl -n mail annotate ${OBJECT} o365sync.dev/sync=$(date +%s) --overwrite`, isReady],
  },
  {
    page: runbook("NotificationsFailing"),
    what: "a recipient that the mail server refuses",
    make: [
      ({ mailServer }) => {
        mailServer.behaviour.onRecipient = (address) =>
          address.startsWith("nobody@") ? { code: 550, text: "no such user" } : undefined;
      },
      mailServerSet,
      ...mailed("nobody@example.com", "Failed"),
    ],
    type: ["{.status.notifications}"],
    seen: "550 to RCPT TO",
    told: "look at its recipients",
    cure: mailed("ops@example.com", "Sent"),
  },
  {
    page: runbook("NotificationsLost"),
    what: "an installation without a mail server",
    make: [mailServerUnset, ...mailed("ops@example.com", "Failed")],
    type: ["reason=NotificationFailed"],
    seen: "NotificationFailed",
    told: "There is no mail server: set one",
    cure: ["kubectl -n mail delete events --all", mailServerSet, ...mailed("ops@example.com", "Sent")],
  },
  {
    page: runbook("Overdue"),
    what: "a plan that waits for a person",
    make: [
      patch({ operationsLimit: { accountAdds: 0 } }),
      ({ tenant }) => void tenant.company.hire("overdue.otto@example.com"),
      ...sync,
    ],
    type: [CONDITIONS],
    seen: "Held=True",
    told: "their plan waits for a person",
    cure: approved,
  },
  {
    page: runbook("ScheduleMissed"),
    what: "an operator that was away",
    make: [...AWAY, isNotReady],
    type: [CONDITIONS],
    seen: "ScheduleMissed",
    told: "Sync by hand if you do not want to wait",
    cure: sync,
    check: [isReady],
  },
  {
    page: runbook("ShardNearLimit"),
    what: "fifty domains that share every recipient",
    make: [
      `kubectl -n mail patch maildomains.o365sync.dev/example-com --type=merge -p '${JSON.stringify({
        spec: {
          aliasDomains: Array.from({ length: 50 }, (_, index) => ({
            name: `brand-${index}.example`,
            recipients: "Mirror",
          })),
        },
      })}'`,
      patch({ output: { formats: ["postfix", "cdb", "addresses"] } }),
      ...sync,
    ],
    type: [CONDITIONS],
    seen: "OutputTooLarge",
    told: "Set `spec.output.shards`",
    cure: [patch({ output: { shards: 8 } }), ...sync],
    check: [isReady],
  },
  {
    page: runbook("Stalled"),
    what: "a secret that Entra does not know",
    make: [secret("wrong"), ...testConnection],
    type: [CONDITIONS],
    seen: "InvalidCredentials",
    told: "put a new one into the Secret",
    cure: [secret(RIGHT_SECRET), ...testConnection],
  },
];
