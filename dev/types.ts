/** A running API server for tests and the demo, whichever way it was made. */

/** What a caller needs to reach it; plain data. */
export interface ControlPlaneAccess {
  /** `real`: kube-apiserver and etcd. `embedded`: a server of our own inside this process. */
  readonly kind: "real" | "embedded";
  /** The Kubernetes version that it is, or behaves like, such as `v1.32.13`. */
  readonly version: string;
  /** Base URL without a trailing slash. */
  readonly server: string;
  /** PEM; absent for plain HTTP. */
  readonly ca?: string;
  /** Bearer token of a member of system:masters. */
  readonly adminToken: string;
  /** Bearer token of the user `o365-sync-operator`, who has no rights but those that a caller binds to it. */
  readonly operatorToken: string;
  /** Path of a kubectl of the same version. */
  readonly kubectl?: string;
  /** The folder of its binaries. */
  readonly assets?: string;
}

export type User = "admin" | "operator";

export interface ControlPlane extends ControlPlaneAccess {
  /** Writes a kubeconfig for one user, readable by its owner alone; its namespace is `default`. */
  readonly writeKubeconfig: (path: string, user: User) => Promise<void>;
  /** Ends every process and removes every file that it made. */
  readonly stop: () => Promise<void>;
}
