/** The kinds of the Prometheus operator, as far as the chart uses them, so that its objects can be applied in a dry run. */
import { setTimeout as pause } from "node:timers/promises";
import { request } from "../../support/api.ts";

const any = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
const text = { type: "string" };
const list = (items: object, required: readonly string[] = []) => ({
  type: "array",
  items: { ...items, ...(required.length > 0 && { required }) },
});

const SPECS = {
  ServiceMonitor: {
    type: "object",
    required: ["selector", "endpoints"],
    properties: {
      selector: { type: "object", properties: { matchLabels: { type: "object", additionalProperties: text } } },
      endpoints: list({
        type: "object",
        properties: {
          port: text,
          interval: { ...text, pattern: "^(([0-9]+)(ms|s|m|h|d|w|y))+$" },
          scrapeTimeout: { ...text, pattern: "^(([0-9]+)(ms|s|m|h|d|w|y))+$" },
          honorLabels: { type: "boolean" },
          relabelings: list(any),
          metricRelabelings: list(any),
        },
      }),
    },
  },
  PrometheusRule: {
    type: "object",
    required: ["groups"],
    properties: {
      groups: list(
        {
          type: "object",
          properties: {
            name: text,
            interval: text,
            rules: list(
              {
                type: "object",
                properties: {
                  alert: text,
                  record: text,
                  expr: { "x-kubernetes-int-or-string": true },
                  for: text,
                  keep_firing_for: text,
                  labels: { type: "object", additionalProperties: text },
                  annotations: { type: "object", additionalProperties: text },
                },
              },
              ["expr"],
            ),
          },
        },
        ["name"],
      ),
    },
  },
} as const;

/** Again is fine. Resolves when both are served. */
export async function installMonitoringKinds(): Promise<void> {
  for (const [kind, spec] of Object.entries(SPECS)) {
    const plural = `${kind.toLowerCase()}s`;
    const crd = {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: `${plural}.monitoring.coreos.com` },
      spec: {
        group: "monitoring.coreos.com",
        scope: "Namespaced",
        names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
        versions: [
          {
            name: "v1",
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: "object", properties: { spec } } },
          },
        ],
      },
    };
    const path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    const { status } = await request("POST", path, crd);
    if (status !== 201 && status !== 409) throw new Error(`${kind}: HTTP ${status}`);
    await untilServed(`/apis/monitoring.coreos.com/v1/${plural}`);
  }
}

async function untilServed(path: string): Promise<void> {
  const deadline = Date.now() + 30_000;
  while ((await request("GET", path)).status !== 200) {
    if (Date.now() > deadline) throw new Error(`${path} is not served`);
    await pause(50);
  }
}
