/** How mails leave: from a URL or from single flags. Messages never repeat a URL, which may hold a password. */
import { type FlagValues, integer, UsageError } from "./values.ts";

export interface SmtpConfig {
  readonly host: string;
  readonly port: number;
  /** `starttls`: no mail without it. */
  readonly security: "starttls" | "tls" | "none";
  readonly username: string | undefined;
  readonly passwordFile: string | undefined;
  /** From the URL or the environment; the file goes before it. */
  readonly password: string | undefined;
  readonly from: string;
  /** What the operator calls itself to the server. */
  readonly clientName: string;
  /** Milliseconds. */
  readonly timeoutMs: number;
}

type Security = SmtpConfig["security"];
interface Server extends Pick<SmtpConfig, "host" | "username" | "password"> {
  readonly port: number | undefined;
  readonly security: Security | undefined;
}

const ADDRESS = /^[^\s@<>"(),:;[\]\\]{1,64}@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9-]{1,63}$/;
const PORTS: Readonly<Record<Security, number>> = { starttls: 587, tls: 465, none: 25 };

/** Undefined without a server. Throws UsageError. */
export function parseSmtp(
  values: FlagValues,
  env: Readonly<Record<string, string | undefined>>,
): SmtpConfig | undefined {
  const server = serverOf(values, env);
  if (server === undefined) return undefined;
  const { host, username } = server;
  const security = securityOf(values.get("smtp-tls") ?? "") ?? server.security ?? "starttls";
  const passwordFile = values.get("smtp-password-file") || undefined;
  const password = server.password ?? (env["SMTP_PASSWORD"] || undefined);
  const from = values.get("smtp-from") ?? "";
  if (!ADDRESS.test(from)) throw new UsageError(`--smtp-from must be one mail address, not "${from}"`);
  if (username === undefined && passwordFile !== undefined)
    throw new UsageError("--smtp-password-file needs --smtp-username");
  if (username !== undefined && passwordFile === undefined && password === undefined)
    throw new UsageError("--smtp-username needs --smtp-password-file, or the environment variable SMTP_PASSWORD");
  if (username !== undefined && security === "none")
    throw new UsageError("--smtp-tls=none would send the password in the clear: use starttls or tls, or no user name");
  const timeoutMs = integer(values, "smtp-timeout", 1, 60) * 1000;
  const port = integer(values, "smtp-port", 0, 65_535) || server.port || PORTS[security];
  const clientName = clientNameOf(values.get("smtp-client-name") ?? "", from);
  return { host, port, security, username, passwordFile, password, from, clientName, timeoutMs };
}

/** A relay that knows its customers by the name in EHLO knows them by their mail domain; a pod's own name says nothing to it. */
function clientNameOf(text: string, from: string): string {
  const name = text === "" ? from.slice(from.lastIndexOf("@") + 1) : text;
  if (/^([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9-]{1,63}$/.test(name) && name.length <= 253)
    return name;
  throw new UsageError(`--smtp-client-name must be a host name, not "${name}"`);
}

function serverOf(values: FlagValues, env: Readonly<Record<string, string | undefined>>): Server | undefined {
  const host = values.get("smtp-host") ?? "";
  const url = values.get("smtp-url") || env["SMTP_URL"] || "";
  if (host !== "" && url !== "") throw new UsageError("--smtp-host and --smtp-url name the same thing: leave one out");
  if (url !== "") return fromUrl(url, values.get("smtp-username") || undefined);
  if (host === "") return undefined;
  if (!/^[A-Za-z0-9.:-]+$/.test(host))
    throw new UsageError(`--smtp-host must be a host name or an IP address, not "${host}"`);
  return {
    host,
    port: undefined,
    security: undefined,
    username: values.get("smtp-username") || undefined,
    password: undefined,
  };
}

function fromUrl(text: string, username: string | undefined): Server {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isSmtp = url !== undefined && (url.protocol === "smtp:" || url.protocol === "smtps:");
  if (!isSmtp || url.hostname === "" || url.search !== "" || url.hash !== "" || !/^\/?$/.test(url.pathname))
    throw new UsageError(
      "--smtp-url must be smtp://user:password@host:port or smtps://…, with special characters %-encoded",
    );
  const given = decode(url.username);
  if (given !== undefined && username !== undefined)
    throw new UsageError("--smtp-username and the user name of --smtp-url name the same thing: leave one out");
  return {
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? undefined : Number(url.port),
    security: url.protocol === "smtps:" ? "tls" : "starttls",
    username: given ?? username,
    password: decode(url.password),
  };
}

function decode(part: string): string | undefined {
  if (part === "") return undefined;
  try {
    return decodeURIComponent(part);
  } catch {
    throw new UsageError("--smtp-url: user name and password must be %-encoded");
  }
}

function securityOf(text: string): Security | undefined {
  if (text === "" || text === "starttls" || text === "tls" || text === "none") return text === "" ? undefined : text;
  throw new UsageError(`--smtp-tls must be starttls, tls or none, not "${text}"`);
}
