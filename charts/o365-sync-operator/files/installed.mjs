// What `helm test` asks: are both kinds served to the operator's service account, and do its metrics answer?
import { readFileSync } from "node:fs";

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

try {
  const namespaces = (NAMESPACES ?? "").split(",").filter((name) => name !== "");
  const places = namespaces.length === 0 ? [""] : namespaces.map((name) => `namespaces/${name}/`);
  for (const place of places) {
    for (const kind of ["maildomains", "o365syncs"]) {
      const { items } = JSON.parse(await ask(`${server}/apis/o365sync.dev/v1alpha1/${place}${kind}`, { authorization }));
      console.log(`ok: ${place}${kind}: ${items.length}`);
    }
  }
  if (METRICS_URL) {
    const metrics = await ask(METRICS_URL, {});
    if (!metrics.includes("leader_election_master_status")) throw new Error(`${METRICS_URL}: not this operator's metrics`);
    console.log("ok: metrics");
  }
} catch (error) {
  console.error(`not ok: ${error.cause?.message ?? ""} ${error.message}`);
  process.exitCode = 1;
}
