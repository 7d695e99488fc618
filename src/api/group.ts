/** Names of this API group that more than one part uses. */

export const GROUP = "o365sync.dev";
export const VERSION = "v1alpha1";
export const API_VERSION = `${GROUP}/${VERSION}`;

/** Field manager and `app.kubernetes.io/managed-by` of everything the operator writes. */
export const MANAGER = "o365-sync-operator";

export const LABEL_MANAGED_BY = "app.kubernetes.io/managed-by";
export const LABEL_ROLE = `${GROUP}/role`;
export const LABEL_SYNC = `${GROUP}/sync`;
/** On a Secret: its changes wake the syncs that use it. */
export const LABEL_WATCH = `${GROUP}/watch`;
export const LABEL_DOMAIN = `${GROUP}/domain`;
/** On manifests and routing ConfigMaps: the mail domain itself, which a label may be too short for. */
export const ANNOTATION_DOMAIN_NAME = `${GROUP}/domain-name`;

export const ANNOTATION_SYNC = `${GROUP}/sync`;
export const ANNOTATION_TEST_SYNC = `${GROUP}/test-sync`;
export const ANNOTATION_TEST_CONNECTION = `${GROUP}/test-connection`;
export const ANNOTATION_APPROVE = `${GROUP}/approve`;

const OWN_KEYS: ReadonlySet<string> = new Set([
  LABEL_MANAGED_BY,
  LABEL_ROLE,
  LABEL_SYNC,
  LABEL_WATCH,
  LABEL_DOMAIN,
  ANNOTATION_DOMAIN_NAME,
  ANNOTATION_SYNC,
  ANNOTATION_TEST_SYNC,
  ANNOTATION_TEST_CONNECTION,
  ANNOTATION_APPROVE,
]);

/** Of a label or annotation: whether it means something to the operator. Anything else is other people's. */
export const isOwnKey = (key: string): boolean => OWN_KEYS.has(key);
