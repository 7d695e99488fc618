/** Commands of the documentation that a test cannot run, each with the reason. Everything else is run. */
export const NOT_RUN: readonly (readonly [command: RegExp, why: string])[] = [
  [/^(docker|kind) /, "there is no container engine"],
  [/^helm test /, "there is no kubelet to run its pod; test/extended/chart/image.test.ts runs what is in it"],
  [/^kubectl .*rollout status/, "there is no kubelet to run the pods"],
  [/^kubectl .*\blogs\b/, "there is no kubelet"],
  [/^kubectl .*\bport-forward\b/, "there is no kubelet"],
  [/^(npm|npx|node|git|\.ci\/run)\b/, "CI itself runs it, or it is about this repository"],
  [/^[A-Z]+=\$\(az |^for .*\baz\b|\$(APP|SECRET|SP)\b/, "needs Azure's command line, and what it answered"],
  [/--cert=tls\.crt/, "needs a certificate of yours"],
  [/^export (NODE24|KUBEBUILDER_ASSETS)/, "a setting of the tests"],
  [/^sudo /, "changes the machine that the tests run on"],
  [/^(az|terraform|openssl|curl|psql|postmap|postfix|promtool)\b/, "needs what is not in a cluster"],
];

/** Pages whose commands belong to a world of their own. */
export const PAGES_NOT_TYPED: Readonly<Record<string, string>> = {
  "docs/access.md": "registers apps in Entra with Azure's command line",
  "docs/install.md": "makes clusters of other makers",
  "docs/consumers.md": "builds gateways; test/extended/gateways runs them",
  "examples/postfix-vm/README.md": "sets a machine up; test/extended/gateways runs its files",
};
