/** Values of flags, from the text that a person wrote. Each throws UsageError with one line that names flag, cause and cure. */
import { isProxyUrl } from "../base/tunnel.ts";
import type { FlagName } from "./flags.ts";

export type FlagValues = ReadonlyMap<FlagName, string>;

/** Port 0 takes a free one. */
export interface BindAddress {
  readonly host: string | undefined;
  readonly port: number;
}

export type LogLevel = "debug" | "info" | "warn" | "error";

/** A flag that is unknown or whose value cannot be used. The message is one line for a person. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export function integer<Name extends string>(
  values: ReadonlyMap<Name, string>,
  name: Name,
  least: number,
  most: number,
): number {
  const text = values.get(name) ?? "";
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new UsageError(`--${name} must be a whole number from ${least} to ${most}, not "${text}"`);
}

export function bindAddress<Name extends string>(
  values: ReadonlyMap<Name, string>,
  name: Name,
): BindAddress | undefined {
  const text = values.get(name) ?? "";
  if (text === "0") return undefined;
  const [, host = "", port = ""] = /^(?:\[?([0-9A-Za-z:.-]*?)\]?):(\d{1,5})$/.exec(text) ?? [];
  if (port === "" || Number(port) > 65_535)
    throw new UsageError(`--${name} must be host:port, :port, or 0 to turn it off, not "${text}"`);
  return { host: host === "" ? undefined : host, port: Number(port) };
}

export function namespaces(text: string): string[] {
  const names = text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  const bad = names.find((name) => !/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name));
  if (bad !== undefined) throw new UsageError(`--watch-namespaces: "${bad}" is no name of a namespace`);
  return [...new Set(names)];
}

export function secrets(text: string): string[] {
  const names = text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  const bad = names.find(
    (name) => !/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\/[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(name),
  );
  if (bad !== undefined) throw new UsageError(`--own-secrets: "${bad}" is no namespace/name`);
  return [...new Set(names)];
}

/** Lower-case, each once. */
export function domains(text: string): string[] {
  const names = text
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "");
  const bad = names.find((name) => !/^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*$/.test(name));
  if (bad !== undefined) throw new UsageError(`--notification-allowed-domains: "${bad}" is no domain`);
  return [...new Set(names)];
}

export function redirectUrl(text: string | undefined): string | undefined {
  if (text === undefined || (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol))) return text;
  throw new UsageError(`--consent-redirect-url must be an http or https URL, not "${text}"`);
}

/** The value is not repeated in the error: it may hold a password. */
export function proxyUrl(text: string): string {
  const url = text.includes("://") ? text : `http://${text}`;
  if (isProxyUrl(url)) return url;
  throw new UsageError("HTTPS_PROXY must be an http or https URL such as http://user:password@proxy.example:3128");
}

const LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];

export function logLevel(text: string): LogLevel {
  const level = LEVELS.find((known) => known === text);
  if (level === undefined) throw new UsageError(`--log-level must be one of ${LEVELS.join(", ")}, not "${text}"`);
  return level;
}
