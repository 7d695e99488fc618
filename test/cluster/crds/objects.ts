/** Objects for the tests of the CRDs: the smallest good ones, and how to change one field. */

export interface TestObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; resourceVersion?: string };
  spec: Record<string, unknown>;
  status?: Record<string, unknown>;
}

const API_VERSION = "o365sync.dev/v1alpha1";

export const mailDomain = (spec: object = {}, name = "example-com"): TestObject => ({
  apiVersion: API_VERSION,
  kind: "MailDomain",
  metadata: { name },
  spec: { domain: "example.com", serverType: "Office365", ...spec },
});

export const o365Sync = (spec: object = {}, name = "example-com"): TestObject => ({
  apiVersion: API_VERSION,
  kind: "O365Sync",
  metadata: { name },
  spec: { domainRef: { name: "example-com" }, tenantId: "example.onmicrosoft.com", ...spec },
});

/** Path of the collection of an object's kind in a namespace. */
export const collection = ({ kind }: Pick<TestObject, "kind">, namespace: string): string =>
  `/apis/${API_VERSION}/namespaces/${namespace}/${kind.toLowerCase()}s`;
