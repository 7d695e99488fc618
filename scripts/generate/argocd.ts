/** Writes the settings of Argo CD for both kinds, from the Lua scripts beside them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";

/** A patch for the ConfigMap argocd-cm. */
export function renderArgoSettings(folder: string): string {
  const read = (path: string): string => readFileSync(join(folder, path), "utf8");
  const health = read("health.lua");
  const definitions = readdirSync(join(folder, "actions"))
    .filter((file) => file !== "discovery.lua")
    .sort()
    .map((file) => ({ name: file.replace(".lua", ""), "action.lua": read(`actions/${file}`) }));
  const actions = { "discovery.lua": read("actions/discovery.lua"), definitions };
  const data = {
    "resource.customizations.health.o365sync.dev_MailDomain": health,
    "resource.customizations.health.o365sync.dev_O365Sync": health,
    "resource.customizations.actions.o365sync.dev_O365Sync": stringify(actions, { lineWidth: 0 }),
  };
  const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "argocd-cm", namespace: "argocd" }, data };
  return `# Generated from health.lua and actions/ by \`npm run generate\`.\n${stringify(object, { lineWidth: 0 })}`;
}
