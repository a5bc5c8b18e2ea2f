/** Elements whose content is never text for a reader. */
const SILENT = new Set(['SCRIPT', 'STYLE', 'TEMPLATE', 'HEAD', 'NOSCRIPT', 'SVG', 'MATH', 'IFRAME', 'OBJECT', 'EMBED']);
const BLOCK = new Set([
  'P',
  'DIV',
  'TR',
  'LI',
  'H1',
  'H2',
  'H3',
  'H4',
  'H5',
  'H6',
  'TABLE',
  'UL',
  'OL',
  'BLOCKQUOTE',
  'HR',
  'SECTION',
  'ARTICLE',
]);
/** A hostile mail can nest elements by the hundred thousand. */
const DEEP = 200;

/**
 * The words of an html body, with the address of each link behind its words. DOMParser makes a document that has no
 * window: it runs no script and loads nothing.
 */
export function textOfHtml(html: string): string {
  const parsed = new DOMParser().parseFromString(html, 'text/html');
  const out: string[] = [];
  walk(parsed.body, out, 0);
  return out
    .join('')
    .replace(/[ \t\u00A0]+/g, ' ')
    .replace(/ ?\n ?/g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

function walk(node: Node, out: string[], depth: number): void {
  if (depth > DEEP) return;
  for (const child of node.childNodes) {
    if (child.nodeType === 3) {
      out.push((child.nodeValue ?? '').replace(/\s+/g, ' '));
    } else if (child.nodeType === 1) {
      element(child as Element, out, depth);
    }
  }
}

function element(child: Element, out: string[], depth: number): void {
  const name = child.tagName.toUpperCase();
  if (SILENT.has(name)) return;
  if (name === 'BR') {
    out.push('\n');
    return;
  }
  const block = BLOCK.has(name);
  if (block) out.push('\n');
  walk(child, out, depth + 1);
  if (name === 'A') {
    // The attribute as written: resolving it could touch this page's own address.
    const href = child.getAttribute('href');
    if (href !== null && /^https?:/i.test(href) && !(child.textContent ?? '').includes(href)) out.push(` <${href}>`);
  }
  if (name === 'TD' || name === 'TH') out.push(' ');
  if (block) out.push('\n');
}
