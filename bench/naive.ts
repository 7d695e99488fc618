/** What a common script does: default page size, one request after the other, the members of every group. */
import { Agent, request } from "node:https";
import { ca } from "../dev/tls/index.ts";

export interface NaiveRun {
  readonly ms: number;
}

/** The cloud counts its requests. */
export async function naiveSync(origin: string, tenantId: string): Promise<NaiveRun> {
  const agent = new Agent({ keepAlive: true, ca });
  const began = performance.now();
  const { access_token: token } = (await fetchJson(agent, `${origin}/${tenantId}/oauth2/v2.0/token`, "")) as {
    access_token: string;
  };
  const all = async (path: string): Promise<{ id: string }[]> => {
    const found: { id: string }[] = [];
    let next: string | undefined = `${origin}/v1.0${path}`;
    while (next !== undefined) {
      const page = (await fetchJson(agent, next, token)) as { value: { id: string }[]; "@odata.nextLink"?: string };
      for (const { id } of page.value) found.push({ id });
      next = page["@odata.nextLink"];
    }
    return found;
  };
  await all("/users?$select=id,mail,proxyAddresses");
  const groups = await all("/groups?$select=id,mail,mailEnabled,proxyAddresses");
  for (const { id } of groups) await all(`/groups/${id}/members?$select=id,mail`);
  await all("/contacts?$select=id,mail,proxyAddresses");
  agent.destroy();
  return { ms: performance.now() - began };
}

function fetchJson(agent: Agent, url: string, token: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const headers = token === "" ? {} : { Authorization: `Bearer ${token}` };
    request(url, { agent, headers, method: token === "" ? "POST" : "GET" }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => resolve(JSON.parse(Buffer.concat(chunks).toString("utf8"))));
    })
      .on("error", reject)
      .end();
  });
}
