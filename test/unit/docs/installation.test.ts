/** What the documentation says of the installation is that of the installation it tells people to make. */
import { describe, expect, it } from "vitest";
import { readPages } from "../../support/pages.ts";

const SYSTEM = "o365-sync-system";
/** Namespaces of the documentation: the installation's, its users', those of other projects, and what a reader fills in. */
const KNOWN = [SYSTEM, "mail", "argocd", "flux-system", "OPERATOR_NAMESPACE", "NAMESPACE"];

describe.each(readPages().map((page) => [page.path, page] as const))("24.3: %s", (_, { text }) => {
  it("names the installation's namespace", () => {
    const commands = text.match(/(?:kubectl|helm) [^\n`]*/g) ?? [];
    const named = commands.flatMap((command) =>
      [...command.matchAll(/(?:\s-n|--namespace)[ =](\S+)/g)].map(([, name = ""]) => name),
    );
    expect(named.filter((name) => !KNOWN.includes(name))).toEqual([]);
    const subjects = [...text.matchAll(/system:serviceaccount:([a-z0-9-]+):/g)].map(([, name]) => name);
    expect(subjects.filter((name) => name !== SYSTEM)).toEqual([]);
  });

  it("asks all replicas for their log, for only one of them leads", () => {
    expect(text).not.toMatch(/\blogs (deployment|deploy|svc|service)\//);
  });

  it("leaves as many replicas behind as the chart starts", () => {
    const scaled = [...text.matchAll(/\bscale [^\n`]*--replicas=(\d+)/g)].map(([, count]) => count);
    expect(scaled.at(-1) ?? "2").toBe("2");
  });
});
