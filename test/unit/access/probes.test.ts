/** What conditions tell somebody who may write O365Syncs, and read neither Secrets nor ConfigMaps: names, keys and shapes, never what is in there. */
import { describe, expect, it } from "vitest";
import { CONFIG_MAP, SECRET } from "../../../src/runtime/kube.ts";
import { type Changes, createScene, healthy, isToken, type Service } from "./support.ts";

const clientId = "11111111-2222-4333-8444-555555555555";
const HIDDEN = "postgres://shop:secret@db.internal:5432/shop";
const base64 = (text: string): string => Buffer.from(text).toString("base64");
const naming = (name: string, key = "clientSecret"): Changes => ({
  credentials: { clientId, clientSecretRef: { name, key } },
});
const comparing = (name: string, key = "recipients"): Changes => ({ baselineRef: { name, key } });
/** No secret is right. */
const refusing: Service = (call) => (isToken(call) ? { status: 401, json: { error_codes: [7000215] } } : healthy(call));

/** Everything that people can read of an object that asks for this. */
async function told(spec: Changes, service: Service = healthy): Promise<string> {
  const scene = await createScene({ spec, service });
  const { client } = scene.cluster;
  const place = { namespace: "mail" };
  await client.create(SECRET, { metadata: { ...place, name: "database" }, data: { url: base64(HIDDEN) } });
  await client.create(SECRET, { metadata: { namespace: "shop", name: "elsewhere" }, data: { url: base64(HIDDEN) } });
  await client.create(CONFIG_MAP, { metadata: { ...place, name: "settings" }, data: { "app.env": `URL=${HIDDEN}\n` } });
  await client.create(CONFIG_MAP, { metadata: { namespace: "shop", name: "elsewhere" }, data: { recipients: HIDDEN } });
  scene.annotate("sync", "1");
  await scene.settle();
  return JSON.stringify((await scene.sync()).status);
}

describe("Of a Secret or ConfigMap", () => {
  it.each([
    ["that is not there: that it is not", naming("nobodys"), "the Secret nobodys does not exist"],
    ["of another namespace: the very same", naming("elsewhere"), "the Secret elsewhere does not exist"],
    ["that has not this key: which keys it has", naming("database"), "name one of its keys (url)"],
    ["that is not there, as a baseline", comparing("nobodys"), "the ConfigMap nobodys does not exist"],
    [
      "of another namespace, as a baseline: the very same",
      comparing("elsewhere"),
      "the ConfigMap elsewhere does not exist",
    ],
    ["that has not this key, as a baseline", comparing("settings"), "the ConfigMap settings has no key recipients"],
    [
      "that is no list: how it begins to be none",
      comparing("settings", "app.env"),
      "the key app.env of the ConfigMap settings",
    ],
  ])("%s", async (_, spec, says) => {
    const status = await told(spec);
    expect(status).toContain(says);
    expect(status).not.toMatch(/postgres|shop|5432/);
  });

  it("whose value Entra refuses, nothing but its shape", async () => {
    const status = await told(naming("database", "url"), refusing);
    expect(status).toContain("InvalidCredentials");
    expect(status).not.toMatch(/postgres|shop|5432/);
  });
});
