// What `helm test` asks: are both kinds served to the operator's service account, and do its metrics answer?
// It asks again for PATIENCE_SECONDS: after `helm install` without --wait the operator is only about to start.
import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";

const { KUBERNETES_SERVICE_HOST: host = "", KUBERNETES_SERVICE_PORT: port, NAMESPACES, METRICS_URL } = process.env;
const TOKEN = process.env.TOKEN_FILE ?? "/var/run/secrets/kubernetes.io/serviceaccount/token";
const server = `https://${host.includes(":") ? `[${host}]` : host}:${port}`;
const authorization = `Bearer ${readFileSync(TOKEN, "utf8").trim()}`;

async function ask(url, headers) {
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(10_000) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url}: HTTP ${response.status}: ${text.slice(0, 300)}`);
  return text;
}

async function look() {
  const told = [];
  const namespaces = (NAMESPACES ?? "").split(",").filter((name) => name !== "");
  const places = namespaces.length === 0 ? [""] : namespaces.map((name) => `namespaces/${name}/`);
  for (const place of places) {
    for (const kind of ["maildomains", "o365syncs"]) {
      const { items } = JSON.parse(await ask(`${server}/apis/o365sync.dev/v1alpha1/${place}${kind}`, { authorization }));
      told.push(`ok: ${place}${kind}: ${items.length}`);
    }
  }
  if (METRICS_URL) {
    const metrics = await ask(METRICS_URL, {});
    if (!metrics.includes("leader_election_master_status")) throw new Error(`${METRICS_URL}: not this operator's metrics`);
    told.push("ok: metrics");
  }
  return told;
}

const end = performance.now() + 1000 * Number(process.env.PATIENCE_SECONDS ?? 0);
for (;;) {
  try {
    for (const line of await look()) console.log(line);
    break;
  } catch (error) {
    if (performance.now() >= end) {
      console.error(`not ok: ${error.cause?.message ?? ""} ${error.message}`);
      process.exitCode = 1;
      break;
    }
    await pause(2000);
  }
}
