/** What the schemas refuse, and what a person then reads. */
import { beforeAll, describe, expect, it } from "vitest";
import type { Status } from "../../../src/runtime/kube.ts";
import { request } from "../../support/api.ts";
import { createNamespace } from "../../support/controlplane.ts";
import { BAD_MAIL_DOMAINS, BAD_SYNCS, type BadObject } from "./bad-objects.ts";
import { collection } from "./objects.ts";

let namespace: string;
beforeAll(async () => {
  namespace = await createNamespace();
});

async function expectRefusal([_, object, field, text]: BadObject): Promise<void> {
  const { status, body } = await request("POST", `${collection(object, namespace)}?dryRun=All`, object);
  const { details, message } = body as Status;
  const causes = details?.causes?.filter((cause) => cause.field === field).map((cause) => cause.message);
  expect(status, JSON.stringify(body)).toBe(422);
  expect(causes).toContainEqual(expect.stringContaining(text));
  // kubectl prints the message, and people read nothing else.
  expect(message).toContain(`${field}: `);
  expect(message).toContain(text);
}

describe("A MailDomain is refused with", () => {
  it.each(BAD_MAIL_DOMAINS)("%s", async (...bad) => expectRefusal(bad));
});

describe("An O365Sync is refused with", () => {
  it.each(BAD_SYNCS)("%s", async (...bad) => expectRefusal(bad));
});
