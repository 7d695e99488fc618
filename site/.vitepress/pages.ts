/** Finds the pages of the site in the repository, and sends links to what is no page to a copy of that file. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import type { MarkdownOptions } from "vitepress";
import type { Section } from "./sections.ts";

/** What links to files of the repository begin with. */
const FILES = "files";
const PICTURES = "docs/pictures";

export interface Page {
  /** In the repository. */
  readonly path: string;
  readonly title: string;
  /** On the site. */
  readonly link: string;
}

export function sidebarOf(
  repository: string,
  sections: readonly Section[],
): { readonly text: string; readonly pages: readonly Page[] }[] {
  return sections.map(({ text, pages }) => ({
    text,
    pages: pages.flatMap((path) => pagesAt(repository, path)).map((path) => pageOf(repository, path)),
  }));
}

function pagesAt(repository: string, path: string): string[] {
  if (path.endsWith(".md")) return [path];
  const names = readdirSync(join(repository, path)).filter((name) => name.endsWith(".md"));
  return names.sort().map((name) => `${path}/${name}`);
}

function pageOf(repository: string, path: string): Page {
  const heading = /^# (.+)$/m.exec(readFileSync(join(repository, path), "utf8"))?.[1] ?? path;
  const link = path === "README.md" ? "/" : `/${path.slice(0, -".md".length)}`;
  return { path, title: heading.replaceAll("`", ""), link };
}

/** The pages with their pictures, at the same places below `to`. */
export function copyPages(
  repository: string,
  to: string,
  sidebar: readonly { readonly pages: readonly Page[] }[],
): void {
  rmSync(to, { recursive: true, force: true });
  for (const path of [PICTURES, ...sidebar.flatMap(({ pages }) => pages.map((page) => page.path))]) {
    mkdirSync(dirname(join(to, path)), { recursive: true });
    cpSync(join(repository, path), join(to, path), { recursive: true });
  }
}

type MarkdownIt = Parameters<NonNullable<MarkdownOptions["config"]>>[0];

/** Pages link to examples, charts and folders as GitHub shows them; on the site these are files beside the pages. */
export function siteLinks(repository: string, base: string, sidebar: readonly { readonly pages: readonly Page[] }[]) {
  const pages = new Map(sidebar.flatMap((section) => section.pages).map((page) => [page.path, page]));
  const files = new Set<string>();

  function target(from: string, href: string): string {
    if (/^([a-z]+:|#|\/)/i.test(href)) return href;
    const [path = "", anchor] = href.split("#");
    const found = posix.normalize(posix.join(posix.dirname(from), path)).replace(/\/$/, "");
    const inFolder = [...pages.values()].find((page) => posix.dirname(page.path) === found);
    const page = pages.get(found) ?? (statOf(repository, found)?.isDirectory() === true ? inFolder : undefined);
    if (page !== undefined) return anchor === undefined ? page.link : `${page.link}#${anchor}`;
    // What is neither a page nor a file stays as it is, and the build says that it is dead.
    if (!existsSync(join(repository, found))) return href;
    files.add(found);
    return `${base}${FILES}/${found}${statOf(repository, found)?.isDirectory() === true ? "/index.html" : ""}`;
  }

  function rewrite(md: MarkdownIt): void {
    breakNames(md);
    md.core.ruler.push("links-to-files", ({ tokens, env }) => {
      const from = String(env.relativePath) === "index.md" ? "README.md" : String(env.relativePath);
      for (const token of tokens.flatMap(({ children }) => children ?? [])) {
        if (token.type !== "link_open") continue;
        const href = token.attrGet("href");
        if (href === null) continue;
        const to = target(from, href);
        token.attrSet("href", to);
        if (to.startsWith(`${base}${FILES}`)) token.attrSet("target", "_self");
      }
    });
  }

  return { rewrite, files: (): ReadonlySet<string> => files };
}

/** A browser may begin a new line behind each part of a long name in code. */
function breakNames(md: MarkdownIt): void {
  const { code_inline: render } = md.renderer.rules;
  if (render === undefined) return;
  md.renderer.rules.code_inline = (...args) =>
    render(...args).replace(/>([^<]*)</, (_, name: string) => `>${name.replaceAll(/([_/.-])(?=[a-z])/g, "$1<wbr>")}<`);
}

const statOf = (repository: string, path: string) => statSync(join(repository, path), { throwIfNoEntry: false });

/** Copies what pages link to; a folder gets an index of its files. */
export function publishFiles(repository: string, outDir: string, files: ReadonlySet<string>): void {
  for (const path of files) {
    const to = join(outDir, FILES, path);
    mkdirSync(dirname(to), { recursive: true });
    cpSync(join(repository, path), to, { recursive: true });
    if (statOf(repository, path)?.isDirectory() !== true) continue;
    const names = readdirSync(to, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => posix.relative(to, posix.join(entry.parentPath, entry.name)))
      .filter((name) => name !== "index.html")
      .sort();
    const items = names.map((name) => `<li><a href="${encodeURI(name)}">${name.replaceAll("<", "&lt;")}</a></li>`);
    writeFileSync(
      join(to, "index.html"),
      `<!doctype html><title>${path}</title><h1>${path}</h1><ul>${items.join("")}</ul>`,
    );
  }
}
