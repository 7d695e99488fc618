/** How the page looks, in light and dark; its hash stands in the page's security policy. */

export const STYLE = `
:root { --ink: #1b1f24; --soft: #57606a; --paper: #ffffff; --back: #f3f5f8; --line: #d8dee4; --tone: #57606a; }
.good { --tone: #1a7f37; } .bad { --tone: #b42318; } .busy { --tone: #0a5fc4; } .quiet { --tone: #7a5c00; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8ecf1; --soft: #a2acb8; --paper: #171c23; --back: #0d1117; --line: #2d3540; }
  .good { --tone: #3fb950; } .bad { --tone: #ff7b72; } .busy { --tone: #6cb1ff; } .quiet { --tone: #e3b341; }
}
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: flex; flex-direction: column; align-items: center; justify-content: center;
  gap: 20px; padding: 24px; background: var(--back); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main { width: 100%; max-width: 520px; padding: 40px; background: var(--paper); border: 1px solid var(--line);
  border-top: 4px solid var(--tone); border-radius: 12px; box-shadow: 0 8px 28px rgba(27, 31, 36, .08); }
svg { width: 56px; height: 56px; fill: none; stroke: var(--tone); stroke-width: 3; stroke-linecap: round; stroke-linejoin: round; }
h1 { margin: 20px 0 12px; font-size: 24px; line-height: 1.25; font-weight: 650; letter-spacing: -.01em; }
p { margin: 0 0 12px; color: var(--soft); overflow-wrap: anywhere; }
dl { margin: 24px 0 0; padding-top: 20px; border-top: 1px solid var(--line); display: grid;
  grid-template-columns: max-content 1fr; gap: 6px 20px; font-size: 14px; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
footer { color: var(--soft); font-size: 13px; text-align: center; }
@media (max-width: 480px) { main { padding: 28px 22px; } h1 { font-size: 21px; } }
`;
