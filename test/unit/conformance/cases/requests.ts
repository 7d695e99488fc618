/** The requests and objects that the conversations are made of. */
import type { Answer, Request } from "../send.ts";

/** A later request may need what an earlier one was answered with. */
export type Step = Request | ((answers: readonly Answer[]) => Request);

export interface Case {
  readonly name: string;
  /** `namespace` is fresh. */
  readonly steps: (namespace: string) => readonly Step[];
}

export type Fields = Record<string, unknown>;

export const MERGE = "application/merge-patch+json";
export const JSON_PATCH = "application/json-patch+json";
export const STRATEGIC = "application/strategic-merge-patch+json";
export const APPLY = "application/apply-patch+yaml";
export const TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
export const PARTIAL = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";
export const PARTIAL_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";

export const configMaps = (namespace: string): string => `/api/v1/namespaces/${namespace}/configmaps`;
export const secrets = (namespace: string): string => `/api/v1/namespaces/${namespace}/secrets`;
export const leases = (namespace: string): string => `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
export const events = (namespace: string): string => `/apis/events.k8s.io/v1/namespaces/${namespace}/events`;
export const coreEvents = (namespace: string): string => `/api/v1/namespaces/${namespace}/events`;
export const mailDomains = (namespace: string): string =>
  `/apis/o365sync.dev/v1alpha1/namespaces/${namespace}/maildomains`;

export const configMap = (name: string, fields: Fields = { data: { a: "b" } }, metadata: Fields = {}): Fields => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, ...metadata },
  ...fields,
});

export const mailDomain = (name: string, spec: Fields = {}, metadata: Fields = {}): Fields => ({
  apiVersion: "o365sync.dev/v1alpha1",
  kind: "MailDomain",
  metadata: { name, ...metadata },
  spec: { domain: "example.com", serverType: "Office365", ...spec },
});

export const secret = (name: string, fields: Fields): Fields => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name },
  ...fields,
});
export const lease = (name: string, spec: Fields): Fields => ({
  apiVersion: "coordination.k8s.io/v1",
  kind: "Lease",
  metadata: { name },
  spec,
});
export const event = (name: string, namespace: string, fields: Fields = {}): Fields => ({
  apiVersion: "events.k8s.io/v1",
  kind: "Event",
  metadata: { name },
  eventTime: "2020-01-02T03:04:05.000006Z",
  regarding: { apiVersion: "o365sync.dev/v1alpha1", kind: "MailDomain", namespace, name: "a", uid: "1" },
  reportingController: "o365sync.dev/operator",
  reportingInstance: "one",
  type: "Normal",
  reason: "Published",
  action: "Publish",
  note: "a list is published",
  ...fields,
});

export const condition = {
  type: "Ready",
  status: "True",
  reason: "Succeeded",
  message: "",
  lastTransitionTime: "2020-01-02T03:04:05Z",
};

export const post = (path: string, body: unknown, contentType?: string): Request => ({
  method: "POST",
  path,
  body,
  ...(contentType && { contentType }),
});
export const put = (path: string, body: unknown): Request => ({ method: "PUT", path, body });
export const patch = (path: string, body: unknown, contentType = MERGE): Request => ({
  method: "PATCH",
  path,
  body,
  contentType,
});
export const remove = (path: string, body?: unknown): Request => ({
  method: "DELETE",
  path,
  ...(body !== undefined && { body }),
});
export const get = (path: string, accept?: string): Request => ({ path, ...(accept && { accept }) });

export type Meta = { resourceVersion: string; continue: string; uid: string };
export const metaOf = (answer: Answer | undefined): Meta => (answer as { body: { metadata: Meta } }).body.metadata;

export const one = (name: string, steps: (namespace: string) => readonly Step[]): Case => ({ name, steps });
