/** Certificates in PEM as people have them: the one that the key belongs to is found, whatever stands around it (issue 18, point 4). */
import { spawnSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { endOf } from "../../../../src/directory/entra/credentials.ts";
import { choosePair } from "../../../../src/directory/entra/pem.ts";
import { findTool } from "../../../support/tools.ts";

const openssl = findTool("openssl");
const folder = mkdtempSync(join(tmpdir(), "pem-"));
afterAll(() => rmSync(folder, { recursive: true }));

function run(...args: string[]): void {
  const { status, stderr } = spawnSync(openssl ?? "", args, { cwd: folder, encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
}
const read = (name: string): string => readFileSync(join(folder, name), "utf8");

/** An app's certificate signed by a CA, a later one of the same key, and a pair of somebody else. */
function makePairs() {
  const request = (key: string, subject: string, ...more: string[]) =>
    run("req", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-subj", subject, ...more);
  request("ca.key", "/CN=Example CA", "-x509", "-days", "3650", "-out", "ca.crt");
  request("app.key", "/CN=app", "-out", "app.csr");
  const sign = (days: string, out: string) =>
    run(
      "x509",
      "-req",
      "-in",
      "app.csr",
      "-CA",
      "ca.crt",
      "-CAkey",
      "ca.key",
      "-CAcreateserial",
      "-days",
      days,
      "-out",
      out,
    );
  sign("90", "app.crt");
  sign("400", "later.crt");
  request("other.key", "/CN=other", "-x509", "-days", "30", "-out", "other.crt");
  run(
    "pkcs12",
    "-export",
    "-in",
    "app.crt",
    "-inkey",
    "app.key",
    "-certfile",
    "ca.crt",
    "-passout",
    "pass:",
    "-out",
    "app.p12",
  );
  run("pkcs12", "-in", "app.p12", "-passin", "pass:", "-nodes", "-out", "bag.pem");
  run("rsa", "-in", "app.key", "-traditional", "-out", "pkcs1.key");
  run("rsa", "-in", "app.key", "-aes256", "-passout", "pass:x", "-out", "locked.key");
  writeFileSync(join(folder, "ec.key"), "");
  run("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "ec.key");
  run("req", "-new", "-x509", "-key", "ec.key", "-subj", "/CN=ec", "-out", "ec.crt");
  return (name: string) => read(name);
}

describe.skipIf(openssl === undefined)("Of PEM", () => {
  const file = openssl === undefined ? () => "" : makePairs();
  const subjects = (certificate: string, privateKey: string): string => {
    const chosen = choosePair({ certificate, privateKey });
    return chosen.kind === "pair" ? chosen.chain.map(({ subject }) => subject).join(" < ") : chosen.kind;
  };

  it.each<[what: string, certificate: () => string, key: () => string, chosen: string]>([
    ["one of each", () => file("other.crt"), () => file("other.key"), "CN=other"],
    [
      "the certificate, then its CA",
      () => file("app.crt") + file("ca.crt"),
      () => file("app.key"),
      "CN=app < CN=Example CA",
    ],
    ["the CA first", () => file("ca.crt") + file("app.crt"), () => file("app.key"), "CN=app < CN=Example CA"],
    ["the key first, in one file", () => file("app.key") + file("app.crt"), () => file("app.key"), "CN=app"],
    ["both in both files", () => file("app.crt") + file("app.key"), () => file("app.crt") + file("app.key"), "CN=app"],
    [
      "several chains",
      () => file("other.crt") + file("ca.crt") + file("app.crt"),
      () => file("app.key"),
      "CN=app < CN=Example CA",
    ],
    ["bag attributes of PKCS#12", () => file("bag.pem"), () => file("bag.pem"), "CN=app < CN=Example CA"],
    ["CRLF", () => file("app.crt").replaceAll("\n", "\r\n"), () => file("app.key").replaceAll("\n", "\r\n"), "CN=app"],
    ["a key in PKCS#1", () => file("app.crt"), () => file("pkcs1.key"), "CN=app"],
    ["comments around", () => `# of the app\n${file("app.crt")}# end\n`, () => file("app.key"), "CN=app"],
    ["a key of somebody else", () => file("app.crt"), () => file("other.key"), "strangers"],
    ["a key with a passphrase", () => file("app.crt"), () => file("locked.key"), "unreadable"],
    ["no certificate", () => "", () => file("app.key"), "unreadable"],
    ["a broken certificate", () => file("app.crt").replace(/M/, "!"), () => file("app.key"), "unreadable"],
    ["an elliptic curve", () => file("ec.crt"), () => file("ec.key"), "notRsa"],
  ])("the pair is found: %s", (_, certificate, key, chosen) => {
    expect(subjects(certificate(), key())).toBe(chosen);
  });

  it("the newest certificate of the key is taken, and its end is the one that is shown", () => {
    const certificate = file("ca.crt") + file("app.crt") + file("later.crt");
    const credential = { kind: "certificate", clientId: "app", certificate, privateKey: file("app.key") } as const;
    expect(endOf(credential)).toBe(Date.parse(new X509Certificate(file("later.crt")).validTo));
  });
});
