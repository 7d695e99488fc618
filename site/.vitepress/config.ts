/** The documentation as a site. The Markdown stays where it is, and as it is: what GitHub shows is what the site shows. */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitepress";
import { copyPages, publishFiles, sidebarOf, siteLinks } from "./pages.ts";
import { SECTIONS } from "./sections.ts";

const repository = fileURLToPath(new URL("../..", import.meta.url));
/** Long names in tables break where their parts end, rather than be cut at the edge of the page. */
const STYLE = `
.vp-doc td code{white-space:normal}
.vp-doc td,.vp-doc th{padding:6px 10px;font-size:13px}
.vp-doc summary{cursor:pointer;font-weight:600}
@media(min-width:1440px){.VPDoc.has-aside .content-container{max-width:860px!important}}`;

/** Where the site stands on its host, with a slash at both ends. */
const base = process.env["BASE"] ?? "/";
const PAGES = fileURLToPath(new URL("../pages", import.meta.url));
const sidebar = sidebarOf(repository, SECTIONS);
const links = siteLinks(repository, base, sidebar);
// Pages become Vue components, which are looked for beside node_modules: they are copied there.
copyPages(repository, PAGES, sidebar);

export default defineConfig({
  title: "o365-sync-operator",
  description: "Keeps a mail gateway's recipient list in step with Microsoft 365",
  base,
  head: [["style", {}, STYLE]],
  srcDir: "pages",
  outDir: "dist",
  cacheDir: ".vitepress/cache",
  rewrites: { "README.md": "index.md" },
  cleanUrls: true,
  // A link that leads nowhere fails the build.
  ignoreDeadLinks: false,
  markdown: { config: links.rewrite },
  buildEnd: ({ outDir }) => publishFiles(repository, outDir, links.files()),
  themeConfig: {
    search: { provider: "local" },
    outline: [2, 3],
    nav: [
      { text: "Getting started", link: "/docs/getting-started" },
      { text: "Reference", link: "/docs/reference" },
    ],
    sidebar: sidebar.map(({ text, pages }, index) => ({
      text,
      collapsed: index > 5,
      items: pages.map(({ title, link }) => ({ text: title, link })),
    })),
  },
});
