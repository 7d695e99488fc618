/** Commands of the documentation that a test cannot run, each with the reason. Everything else is run. */
export const NOT_RUN: readonly (readonly [command: RegExp, why: string])[] = [
  [/^(docker|kind) /, "there is no container engine"],
  [/^helm test /, "there is no kubelet to run its pod; test/extended/chart/image.test.ts runs what is in it"],
  [/^kubectl .*\blogs\b/, "there is no kubelet to ask for them"],
  [/^(npm|npx)\b/, "CI itself runs it"],
  [/^(APP=\$\()?az /, "reaches Microsoft; test/unit/docs/azure.test.ts reads it as Azure's command line does"],
  [/^curl http:\/\/127\.0\.0\.1:9466\//, "asks a gateway program; test/cluster/gateway/program.test.ts does"],
  [
    /^kubectl --kubeconfig=\/etc\//,
    "is typed on a gateway's machine; docs/consumers.md has the same with its own file",
  ],
  [/^journalctl /, "there is no systemd; what it shows is the program's standard output"],
  [/--watch=10$/, "waits for ten minutes; test/unit/probe does with a clock that is moved on"],
  [/^df /, "asks for a folder of a gateway's machine"],
  [/^sudo /, "changes the machine that the tests run on"],
];

/** Pages whose commands belong to a world of their own. */
export const PAGES_NOT_TYPED: Readonly<Record<string, string>> = {
  "examples/postfix-vm/README.md": "sets a machine up; test/extended/gateways runs its files",
};
