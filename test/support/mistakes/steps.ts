/** What several mistakes are made of. */
const OBJECT = "o365syncs.o365sync.dev/example-com";
const SECRET_AGAIN = "--dry-run=client -o yaml | kubectl apply --server-side --force-conflicts -f -";

export const RIGHT_SECRET = "a-secret-of-the-simulated-tenant";

export const secret = (value: string): string =>
  `kubectl -n mail create secret generic o365 --from-literal=clientSecret=${value} ${SECRET_AGAIN}`;

export const withoutSecret = "kubectl -n mail delete secret o365";

export const patch = (spec: object): string =>
  `kubectl -n mail patch ${OBJECT} --type=merge -p '${JSON.stringify({ spec })}'`;

/** A token of its own each time. */
export const ask = (annotation: string, status: string): readonly string[] => [
  "ASKED=$(date +%s.%N)",
  `kubectl -n mail annotate ${OBJECT} o365sync.dev/${annotation}=$ASKED --overwrite`,
  `kubectl -n mail wait ${OBJECT} --for=jsonpath='{.status.${status}}'=$ASKED --timeout=20s`,
];

export const sync = ask("sync", "handledSync");

export const testConnection = ask("test-connection", "handledTestConnection");

export const waitFor = (path: string, value: string): string =>
  `kubectl -n mail wait ${OBJECT} --for=jsonpath='{.status.${path}}'=${value} --timeout=20s`;

export const isReady = `kubectl -n mail wait ${OBJECT} --for=condition=Ready --timeout=20s`;

export const isNotReady = isReady.replace("=Ready", "=Ready=False");

export const scaled = (replicas: number): string =>
  `kubectl -n o365-sync-system scale deployment o365-sync-operator --replicas=${replicas}`;

const RELEASE = "o365-sync-operator charts/o365-sync-operator --namespace o365-sync-system";

/** Writes tls.crt and tls.key. */
export const certificate = (days: number): string =>
  `openssl req -x509 -newkey rsa:2048 -nodes -days ${days} -subj /CN=o365-sync -keyout tls.key -out tls.crt`;

export const certificateSecret = `kubectl -n mail create secret tls o365-cert --cert=tls.crt --key=tls.key ${SECRET_AGAIN}`;

export const upgraded = `helm upgrade ${RELEASE} --reuse-values`;

export const mailServerSet = `${upgraded} --set smtp.host=mail.example.com --set smtp.from=sync@example.com`;

export const mailServerUnset = `${upgraded} --set smtp.host= --set smtp.from=`;

/** Lets through what is held. */
export const approved = [
  `kubectl -n mail annotate ${OBJECT} o365sync.dev/approve="$(kubectl -n mail get ${OBJECT} -o jsonpath='{.status.held.planDigest}')" --overwrite`,
  isReady,
];

/** As an object is that nobody has touched since it was applied, with a list. */
export const settled: readonly string[] = [
  secret(RIGHT_SECRET),
  `kubectl -n mail patch maildomains.o365sync.dev/example-com --type=merge -p '{"spec":{"aliasDomains":null}}'`,
  patch({
    suspend: false,
    operationsLimit: null,
    notifications: null,
    output: null,
    excludeRecords: null,
    credentials: { certificateRef: null, clientSecretRef: { name: "o365" } },
    schedule: { enabled: false, timesPerDay: null, times: null, startingDeadlineSeconds: null, additions: null },
  }),
  ...sync,
  `${isReady.replace("20s", "3s")} || { ${approved.join("; ")}; }`,
];
