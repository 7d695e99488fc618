/** One mistake and its cure on each page with commands, but for the runbooks. */
import type { Mistake } from "./mistake.ts";
import { mailServerSet, mailServerUnset, patch, RIGHT_SECRET, secret, sync, waitFor, withoutSecret } from "./steps.ts";

/** The lines of a page that ask and wait, and the one that shows the answer. */
const asking = (annotation: string, field: string): readonly string[] => [
  "TOKEN=",
  `o365sync.dev/${annotation}=$TOKEN`,
  `--for=jsonpath='{.status.handled${field}}'=$TOKEN`,
];

/** Lets everything through again. */
let firewall = (): void => {};

export const PAGES: readonly Mistake[] = [
  {
    page: "README.md",
    what: "a secret's id in place of its value",
    make: [secret("0a1b2c3d-0000-4000-8000-000000000000")],
    type: [...asking("sync", "Sync"), ".status.requests.sync.message"],
    seen: "AADSTS7000215",
    told: "the line of the Secret replaces one that is there",
    cure: [secret(RIGHT_SECRET)],
  },
  {
    page: "README.md",
    what: "a misspelt annotation",
    typo: ["o365sync.dev/sync=", "o365sync.dev/snyc="],
    type: ["o365sync.dev/sync=$TOKEN", "kubectl -n mail describe o365syncs.o365sync.dev/example-com"],
    seen: "nobody knows the annotation",
    told: "take it away by its name and a `-`",
    cure: [
      "kubectl -n mail annotate o365syncs.o365sync.dev/example-com o365sync.dev/snyc-",
      "kubectl -n mail delete events --all",
    ],
  },
  {
    page: "docs/getting-started.md",
    what: "a wrong secret",
    make: [secret("wrong")],
    type: [...asking("test-connection", "TestConnection"), ".status.requests.testConnection.message"],
    seen: "AADSTS7000215",
    told: "Put the right one in and ask again",
    cure: [secret(RIGHT_SECRET)],
  },
  {
    page: "docs/getting-started.md",
    what: "a firewall that drops what goes to Entra",
    make: [
      ({ tenant }) => {
        firewall = tenant.fault({ on: "token", effect: { kind: "hang" } });
      },
    ],
    type: [...asking("test-connection", "TestConnection"), ".status.requests.testConnection.message"],
    seen: "no answer in time",
    told: "Once it lets them through, ask again",
    cure: [() => firewall()],
  },
  {
    page: "charts/o365-sync-operator/README.md",
    what: "a value that there is not",
    typo: ["image.repository", "image.repo"],
    type: ["helm upgrade --install"],
    seen: "additional properties 'repo' not allowed",
    told: "put the name right and run the same command again",
    cure: [],
  },
  {
    page: "docs/access.md",
    what: "consent that was forgotten",
    make: [({ tenant }) => tenant.app.roles.clear()],
    type: [...asking("test-connection", "TestConnection"), ".status.requests.testConnection.message"],
    seen: "User.Read.All",
    told: "Only a Privileged Role Administrator or a Global Administrator of the tenant can consent",
    cure: [
      ({ tenant }) => {
        for (const role of ["User.Read.All", "GroupMember.Read.All", "OrgContact.Read.All"]) tenant.app.roles.add(role);
      },
    ],
  },
  {
    page: "docs/consumers.md",
    what: "a context with another namespace",
    typo: ["--namespace=mail", "--namespace=mial"],
    type: ["kubectl config set-context gateway", "kubectl --kubeconfig=gateway.kubeconfig get configmaps"],
    seen: "Forbidden",
    told: "set the context again, with the right one",
    cure: [],
  },
  {
    page: "docs/faq.md",
    what: "a misspelt namespace",
    typo: ["-n mail", "-n mial"],
    type: ["kubectl mailsync why ada.abel@example.com"],
    seen: "no MailDomain of the namespace",
    told: "the namespace is another",
    cure: [],
  },
  {
    page: "docs/gitops.md",
    what: "a misspelt annotation",
    // Events of one object are throttled, and the pages before had many within minutes.
    make: ["kubectl -n o365-sync-system rollout restart deployment/o365-sync-operator"],
    typo: ["o365sync.dev/sync=", "o365sync.dev/synk="],
    type: ["annotate --field-manager=flux-client-side-apply", "kubectl -n mail events"],
    seen: "UnknownAnnotation",
    told: "Then the annotation is misspelt",
    cure: [
      "kubectl -n mail annotate o365syncs.o365sync.dev/example-com o365sync.dev/synk-",
      "kubectl -n mail delete events --all",
    ],
  },
  {
    page: "docs/install.md",
    what: "CRDs that were applied by hand",
    make: [
      "helm uninstall o365-sync-operator --namespace o365-sync-system",
      "kubectl annotate crd o365syncs.o365sync.dev maildomains.o365sync.dev meta.helm.sh/release-name-",
    ],
    type: ["helm upgrade --install"],
    seen: "invalid ownership metadata",
    told: "run the same command with `--take-ownership`",
    cure: [
      "helm upgrade --install o365-sync-operator charts/o365-sync-operator --namespace o365-sync-system --create-namespace --take-ownership",
    ],
  },
  {
    page: "docs/kubectl-mailsync.md",
    what: "a misspelt namespace",
    typo: ["-n mail", "-n mial"],
    type: ["kubectl mailsync -n mail"],
    seen: "No O365Sync in the namespace",
    told: "the flag `-n` is missing or misspelt",
    cure: [],
  },
  {
    page: "docs/maildomain.md",
    what: "a domain without a server",
    make: [
      `kubectl -n mail patch maildomains.o365sync.dev/example-com --type=merge -p '{"spec":{"inboundServers":[]}}'`,
    ],
    type: ["kubectl -n mail wait maildomains.o365sync.dev/example-com"],
    seen: "timed out waiting for the condition",
    told: "Put that right in the spec, apply it, and wait again by the same line",
    cure: [
      "kubectl -n mail describe maildomains.o365sync.dev/example-com | grep 'spec.inboundServers is empty'",
      `kubectl -n mail patch maildomains.o365sync.dev/example-com --type=merge -p '{"spec":{"inboundServers":[{"host":"example-com.mail.protection.outlook.com"}]}}'`,
    ],
  },
  {
    page: "docs/notifications.md",
    what: "an installation without a mail server",
    make: [
      mailServerUnset,
      patch({ notifications: { enabled: true, recipients: ["ops@example.com"] } }),
      ...sync,
      waitFor("notifications.last.result", "Failed"),
    ],
    type: ["{.status.notifications}"],
    seen: "the installation has no SMTP server",
    told: "Name one, and the next run's mail goes there",
    cure: [mailServerSet, ...sync, waitFor("notifications.last.result", "Sent")],
  },
  {
    page: "docs/o365sync.md",
    what: "a Secret that is not there",
    make: [withoutSecret],
    type: [...asking("sync", "Sync"), ".status.requests.sync.message"],
    seen: "the Secret o365 does not exist in the namespace mail; create it",
    told: "goes on by itself once it is there",
    cure: [secret(RIGHT_SECRET)],
  },
  {
    page: "docs/restore-from-backup.md",
    what: "an object that was suspended when it was saved",
    make: [patch({ suspend: true })],
    type: [...asking("test-sync", "TestSync"), ".status.requests.testSync.message"],
    seen: "spec.suspend is true",
    told: "Resume it, and ask again",
    cure: [patch({ suspend: false })],
  },
  {
    page: "docs/security.md",
    what: "the name of nobody",
    typo: ["system:serviceaccount:o365-sync-system:", "system:serviceaccount:o365-sync-operator:"],
    type: ["kubectl auth can-i --list"],
    lacks: "o365syncs.o365sync.dev",
    told: "it is somebody else's",
    cure: [],
  },
  {
    page: "docs/upgrade.md",
    what: "the namespace of another release",
    typo: ["--namespace o365-sync-system", "--namespace mail"],
    type: ["helm upgrade o365-sync-operator"],
    seen: "has no deployed releases",
    told: "the release is in another namespace",
    cure: ["helm list --all-namespaces | grep o365-sync-system"],
    isFirst: true,
  },
];
