/** A real browser: Chromium without a window, driven over a pipe by its own protocol. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { findTool } from "./tools.ts";

export interface Page {
  /** Opens a page and resolves when it and everything it redirects to has been loaded. */
  open(url: string): Promise<void>;
  /** The value of an expression in the page. */
  evaluate(expression: string): Promise<unknown>;
  /** PNG. */
  screenshot(): Promise<Buffer>;
  /** Prefers dark or light, at this width. */
  show(options: { readonly dark: boolean; readonly width: number; readonly height: number }): Promise<void>;
  /** What it complained about, each with the URL at fault: blocked by policy, not found, scripts that failed. */
  readonly complaints: string[];
}

export interface Browser {
  readonly page: Page;
  close(): Promise<void>;
}

/** Debian's. */
export const chromium = findTool("chromium");

type Json = Record<string, unknown>;

export async function startBrowser(path: string): Promise<Browser> {
  const profile = await mkdtemp(join(tmpdir(), "o365-sync-browser-"));
  const child = spawn(
    path,
    [
      "--headless=new",
      "--remote-debugging-pipe",
      `--user-data-dir=${profile}`,
      // In a container there may be neither user namespaces nor much shared memory.
      "--no-sandbox",
      "--disable-dev-shm-usage",
      "--disable-gpu",
      "--no-first-run",
      "--disable-background-networking",
      // The simulated tenant's certificate is its own.
      "--ignore-certificate-errors",
      "about:blank",
    ],
    { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] },
  );
  const protocol = speak(child);
  const { targetId } = await protocol.call("Target.createTarget", { url: "about:blank" });
  const { sessionId } = await protocol.call("Target.attachToTarget", { targetId, flatten: true });
  const call = (method: string, params: Json = {}): Promise<Json> => protocol.call(method, params, sessionId as string);
  const complaints: string[] = [];
  protocol.on("Log.entryAdded", ({ entry }) => {
    const { text, url = "" } = entry as Json;
    complaints.push([url, text].join(" "));
  });
  protocol.on("Runtime.exceptionThrown", (params) => void complaints.push(JSON.stringify(params)));
  for (const domain of ["Page", "Log", "Runtime"]) await call(`${domain}.enable`);

  return {
    page: {
      complaints,
      async open(url) {
        const loaded = protocol.next("Page.loadEventFired");
        const { errorText } = await call("Page.navigate", { url });
        if (errorText !== undefined) throw new Error(`${url}: ${JSON.stringify(errorText)}`);
        await loaded;
      },
      async evaluate(expression) {
        const { result } = await call("Runtime.evaluate", { expression, returnByValue: true });
        return (result as Json)["value"];
      },
      async screenshot() {
        const { data } = await call("Page.captureScreenshot", { format: "png" });
        return Buffer.from(String(data), "base64");
      },
      async show({ dark, width, height }) {
        const features = [{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }];
        await call("Emulation.setEmulatedMedia", { features });
        const metrics = { width, height, deviceScaleFactor: 1, mobile: false };
        await call("Emulation.setDeviceMetricsOverride", metrics);
      },
    },
    async close() {
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      await gone;
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

interface Protocol {
  call(method: string, params?: Json, sessionId?: string): Promise<Json>;
  on(method: string, listener: (params: Json) => void): void;
  next(method: string): Promise<Json>;
}

/** JSON messages, each ended by a zero byte, on the file descriptors 3 and 4. */
function speak(child: ChildProcess): Protocol {
  const [, , , out, back] = child.stdio as unknown as [unknown, unknown, unknown, Writable, Readable];
  const waiting = new Map<number, { resolve: (result: Json) => void; reject: (error: Error) => void }>();
  const listeners = new Map<string, Set<(params: Json) => void>>();
  let id = 0;
  let rest = "";
  const fail = (error: Error): void => {
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  child.once("error", fail);
  child.once("exit", () => fail(new Error("the browser ended")));
  back.setEncoding("utf8").on("data", (text: string) => {
    const parts = (rest + text).split("\0");
    rest = parts.pop() ?? "";
    for (const part of parts) {
      const message = JSON.parse(part) as Json;
      const call = waiting.get(message["id"] as number);
      if (call === undefined) {
        for (const tell of listeners.get(String(message["method"])) ?? []) tell((message["params"] ?? {}) as Json);
        continue;
      }
      waiting.delete(message["id"] as number);
      const error = message["error"] as Json | undefined;
      if (error === undefined) call.resolve((message["result"] ?? {}) as Json);
      else call.reject(new Error(String(error["message"])));
    }
  });
  const on: Protocol["on"] = (method, listener) => {
    listeners.set(method, (listeners.get(method) ?? new Set()).add(listener));
  };
  return {
    on,
    call: (method, params = {}, sessionId) =>
      new Promise((resolve, reject) => {
        waiting.set(++id, { resolve, reject });
        out.write(`${JSON.stringify({ id, method, params, ...(sessionId && { sessionId }) })}\0`);
      }),
    next: (method) =>
      new Promise((resolve) => {
        const once = (params: Json): void => {
          listeners.get(method)?.delete(once);
          resolve(params);
        };
        on(method, once);
      }),
  };
}
