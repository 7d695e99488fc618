/** Certificates and keys as people have them, made with openssl once a test file. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findTool } from "./tools.ts";

export const openssl = findTool("openssl");

const COMMANDS: readonly string[] = [
  "req -newkey rsa:2048 -nodes -keyout ca.key -subj /CN=Example-CA -x509 -days 3650 -out ca.crt",
  "req -newkey rsa:2048 -nodes -keyout app.key -subj /CN=app -out app.csr",
  "x509 -req -in app.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 90 -out app.crt",
  "x509 -req -in app.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 400 -out later.crt",
  "req -newkey rsa:2048 -nodes -keyout other.key -subj /CN=other -x509 -days 30 -out other.crt",
  "pkcs12 -export -in app.crt -inkey app.key -certfile ca.crt -passout pass: -out app.p12",
  "pkcs12 -in app.p12 -passin pass: -nodes -out bag.pem",
  "rsa -in app.key -traditional -out pkcs1.key",
  "rsa -in app.key -aes256 -passout pass:x -out locked.key",
  "ecparam -name prime256v1 -genkey -noout -out ec.key",
  "req -new -x509 -key ec.key -subj /CN=ec -out ec.crt",
];

const FILES = [
  "ca.crt",
  "app.key",
  "app.crt",
  "later.crt",
  "other.key",
  "other.crt",
  "bag.pem",
  "pkcs1.key",
  "locked.key",
  "ec.key",
  "ec.crt",
] as const;
export type PemFile = (typeof FILES)[number];

/** An app's certificate signed by a CA, a later one of the same key, and pairs of others. Empty texts without openssl. */
export function makePemFiles(): Readonly<Record<PemFile, string>> {
  if (openssl === undefined) return Object.fromEntries(FILES.map((name) => [name, ""])) as Record<PemFile, string>;
  const folder = mkdtempSync(join(tmpdir(), "pem-"));
  try {
    for (const command of COMMANDS) {
      const { status, stderr } = spawnSync(openssl, command.split(" "), { cwd: folder, encoding: "utf8" });
      if (status !== 0) throw new Error(stderr);
    }
    return Object.fromEntries(FILES.map((name) => [name, readFileSync(join(folder, name), "utf8")])) as never;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

type Files = Readonly<Record<PemFile, string>>;

export interface PemShape {
  readonly what: string;
  /** Where people meet it. */
  readonly source: string;
  readonly certificate: (files: Files) => string;
  readonly key: (files: Files) => string;
  /** The certificate that is meant and those that issued it, or why there is none. */
  readonly chosen: string;
  /** What it is said to look like where it is unreadable. */
  readonly looks?: RegExp;
}

const crlf = (text: string): string => text.replaceAll("\n", "\r\n");
const KUBERNETES_TLS = "https://kubernetes.io/docs/concepts/configuration/secret/#tls-secrets";
const OPENSSL_PKCS12 = "https://docs.openssl.org/master/man1/openssl-pkcs12/";
const CERT_MANAGER = "https://cert-manager.io/docs/concepts/certificate/";
const AZURE_CLI = "https://learn.microsoft.com/cli/azure/azure-cli-sp-tutorial-3";

/** What stands in tls.crt and tls.key. */
export const PEM_SHAPES: readonly PemShape[] = [
  {
    what: "one of each",
    source: KUBERNETES_TLS,
    certificate: (files) => files["other.crt"],
    key: (files) => files["other.key"],
    chosen: "CN=other",
  },
  {
    what: "the certificate, then its CA",
    source: CERT_MANAGER,
    certificate: (files) => files["app.crt"] + files["ca.crt"],
    key: (files) => files["app.key"],
    chosen: "CN=app < CN=Example-CA",
  },
  {
    what: "the CA first",
    source: "issue 18, point 4",
    certificate: (files) => files["ca.crt"] + files["app.crt"],
    key: (files) => files["app.key"],
    chosen: "CN=app < CN=Example-CA",
  },
  {
    what: "the key first, in one file",
    source: AZURE_CLI,
    certificate: (files) => files["app.key"] + files["app.crt"],
    key: (files) => files["app.key"],
    chosen: "CN=app",
  },
  {
    what: "both in both files",
    source: AZURE_CLI,
    certificate: (files) => files["app.crt"] + files["app.key"],
    key: (files) => files["app.crt"] + files["app.key"],
    chosen: "CN=app",
  },
  {
    what: "several chains",
    source: "issue 18, point 4",
    certificate: (files) => files["other.crt"] + files["ca.crt"] + files["app.crt"],
    key: (files) => files["app.key"],
    chosen: "CN=app < CN=Example-CA",
  },
  {
    what: "bag attributes of PKCS#12",
    source: OPENSSL_PKCS12,
    certificate: (files) => files["bag.pem"],
    key: (files) => files["bag.pem"],
    chosen: "CN=app < CN=Example-CA",
  },
  {
    what: "CRLF",
    source: "issue 18, point 4",
    certificate: (files) => crlf(files["app.crt"]),
    key: (files) => crlf(files["app.key"]),
    chosen: "CN=app",
  },
  {
    what: "a byte order mark",
    source: "https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_character_encoding",
    certificate: (files) => `\ufeff${files["app.crt"]}`,
    key: (files) => `\ufeff${files["app.key"]}`,
    chosen: "CN=app",
  },
  {
    what: "lines that are indented, as of YAML in YAML",
    source: "https://helm.sh/docs/chart_template_guide/yaml_techniques/",
    certificate: (files) => files["app.crt"].replaceAll(/^/gm, "    "),
    key: (files) => files["app.key"].replaceAll(/^/gm, "    "),
    chosen: "CN=app",
  },
  {
    what: "line ends written as \\\\n",
    source: "https://docs.docker.com/compose/how-tos/environment-variables/variable-interpolation/#env-file-syntax",
    certificate: (files) => files["app.crt"].replaceAll("\n", "\\n"),
    key: (files) => files["app.key"].replaceAll("\n", "\\n"),
    chosen: "CN=app",
  },
  {
    what: "base64 twice",
    source: KUBERNETES_TLS,
    certificate: (files) => Buffer.from(files["app.crt"]).toString("base64"),
    key: (files) => Buffer.from(files["app.key"]).toString("base64"),
    chosen: "unreadable",
    looks: /base64 of PEM/,
  },
  {
    what: "UTF-16 of PowerShell",
    source: "https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_character_encoding",
    certificate: (files) => Buffer.from(`\ufeff${files["app.crt"]}`, "utf16le").toString("utf8"),
    key: (files) => files["app.key"],
    chosen: "unreadable",
    looks: /UTF-16 or a binary file/,
  },
  {
    what: "a certificate in DER",
    source: "https://learn.microsoft.com/azure/key-vault/certificates/how-to-export-certificate",
    certificate: (files) =>
      Buffer.from(files["app.crt"].replaceAll(/-----[^-]+-----|\s/g, ""), "base64").toString("utf8"),
    key: (files) => files["app.key"],
    chosen: "unreadable",
    looks: /UTF-16 or a binary file \(PFX, DER\)/,
  },
  {
    what: "no line end at the end",
    source: "https://kubernetes.io/docs/tasks/configmap-secret/managing-secret-using-kubectl/",
    certificate: (files) => files["app.crt"].trim(),
    key: (files) => files["app.key"].trim(),
    chosen: "CN=app",
  },
  {
    what: "a key in PKCS#1",
    source: "https://docs.openssl.org/master/man1/openssl-rsa/",
    certificate: (files) => files["app.crt"],
    key: (files) => files["pkcs1.key"],
    chosen: "CN=app",
  },
  {
    what: "comments around",
    source: "https://docs.openssl.org/master/man1/openssl-x509/",
    certificate: (files) => `# of the app\n${files["app.crt"]}# end\n`,
    key: (files) => files["app.key"],
    chosen: "CN=app",
  },
  {
    what: "a key of somebody else",
    source: "issue 18, point 4",
    certificate: (files) => files["app.crt"],
    key: (files) => files["other.key"],
    chosen: "strangers",
  },
  {
    what: "a key with a passphrase",
    source: OPENSSL_PKCS12,
    certificate: (files) => files["app.crt"],
    key: (files) => files["locked.key"],
    chosen: "unreadable",
    looks: /a key with a passphrase/,
  },
  {
    what: "no certificate",
    source: "issue 18, point 4",
    certificate: () => "none",
    key: (files) => files["app.key"],
    chosen: "unreadable",
  },
  {
    what: "a broken certificate",
    source: "issue 18, point 4",
    certificate: (files) => files["app.crt"].replace(/M/, "!"),
    key: (files) => files["app.key"],
    chosen: "unreadable",
  },
  {
    what: "an elliptic curve",
    source: "https://learn.microsoft.com/entra/identity-platform/certificate-credentials",
    certificate: (files) => files["ec.crt"],
    key: (files) => files["ec.key"],
    chosen: "notRsa",
  },
];
