/** Makes elements. Texts are set as texts: nothing that a recording holds is ever parsed as HTML. */

type Child = Node | string | null;

/** @param attributes `class`, `id`, `aria-label` and so on; null: left out */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string | null>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== null) made.setAttribute(name, value);
  made.append(...children.filter(child => child !== null));
  return made;
}

export function button(label: string, onClick: () => void, attributes: Readonly<Record<string, string>> = {}) {
  const made = element('button', {type: 'button', ...attributes}, label);
  made.addEventListener('click', onClick);
  return made;
}

/** A section with a heading that the navigation can name. */
export function section(id: string, title: string, ...children: readonly Child[]): HTMLElement {
  return element('section', {id, 'aria-labelledby': `${id}-title`}, heading(id, title), ...children);
}

function heading(id: string, title: string): HTMLElement {
  return element('h2', {id: `${id}-title`}, title);
}
