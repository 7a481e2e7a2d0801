import { raw } from 'hono/html'

// Our own drawings on a 16 × 16 grid, one stroke of 1.5.
const drawings = {
  home: '<path d="M2.5 7.2 8 2.8l5.5 4.4M4 6.5v6.7h8V6.5"/>',
  order: '<path d="M3.5 2.5h9v11l-2.2-1.3L8 13.5l-2.3-1.3-2.2 1.3zM6 6h4M6 8.8h4"/>',
  payment: '<rect x="1.8" y="3.8" width="12.4" height="8.6" rx="1.6"/><path d="M1.8 6.8h12.4M4.4 9.8h2.4"/>',
  production:
    '<circle cx="8" cy="8" r="2"/><path d="M8 1.8v2M8 12.2v2M1.8 8h2M12.2 8h2M3.6 3.6 5 5M11 11l1.4 1.4M3.6 12.4 5 11M11 5l1.4-1.4"/>',
  entry: '<path d="M2.3 7.9V3.4c0-.6.5-1.1 1.1-1.1h4.5l5.8 5.8-5.6 5.6z"/><circle cx="5.4" cy="5.4" r=".6"/>',
  product: '<circle cx="8" cy="6" r="3.8"/><path d="m5.8 9.2-.9 4.6L8 12.2l3.1 1.6-.9-4.6"/>',
  handler:
    '<path d="M6.2 2.5v3.2H3.6c-.6 0-1.1.5-1.1 1.1v5.6c0 .6.5 1.1 1.1 1.1h8.8c.6 0 1.1-.5 1.1-1.1V6.8c0-.6-.5-1.1-1.1-1.1H9.8V2.5M5 9.6h6"/>',
  site: '<circle cx="8" cy="8" r="6"/><path d="M2 8h12M8 2c2 1.8 2.6 3.8 2.6 6S10 12.2 8 14c-2-1.8-2.6-3.8-2.6-6S6 3.8 8 2z"/>',
  compare: '<path d="M2.5 5.3h9M9 2.8l2.5 2.5L9 7.8M13.5 10.7h-9M7 8.2l-2.5 2.5L7 13.2"/>',
  mail: '<rect x="1.8" y="3.3" width="12.4" height="9.4" rx="1.6"/><path d="m2.2 4.6 5.8 4.2 5.8-4.2"/>',
  cart: '<path d="M1.5 2.5h1.7l1.7 7.3h7l1.6-5.3H4"/><circle cx="6" cy="12.7" r=".9"/><circle cx="11" cy="12.7" r=".9"/>',
  check: '<path d="m3.2 8.4 3.2 3.2 6.4-7"/>',
  cross: '<path d="m4 4 8 8M12 4l-8 8"/>',
  warning: '<path d="M8 2.3 14.3 13H1.7zM8 6.3v3.2M8 11.4v.1"/>',
  info: '<circle cx="8" cy="8" r="6"/><path d="M8 7.3v3.7M8 5v.1"/>',
  error: '<circle cx="8" cy="8" r="6"/><path d="M8 4.8v3.9M8 11v.1"/>',
  success: '<circle cx="8" cy="8" r="6"/><path d="m5.3 8.2 1.9 1.9 3.6-4"/>',
  clock: '<circle cx="8" cy="8" r="6"/><path d="M8 4.6V8l2.4 1.5"/>',
  chevron: '<path d="m4.5 6.3 3.5 3.5 3.5-3.5"/>',
  right: '<path d="m6.3 4.5 3.5 3.5-3.5 3.5"/>',
  menu: '<path d="M2.5 4.5h11M2.5 8h11M2.5 11.5h11"/>',
  plus: '<path d="M8 3.2v9.6M3.2 8h9.6"/>',
  trash: '<path d="M2.8 4.5h10.4M6 4.3V2.6h4v1.7M4.2 4.6l.6 8.8h6.4l.6-8.8M6.7 7v4M9.3 7v4"/>',
  external:
    '<path d="M9.5 2.8h3.7v3.7M13 3 7.6 8.4M6.5 3.5H3.6c-.6 0-1.1.5-1.1 1.1v7.8c0 .6.5 1.1 1.1 1.1h7.8c.6 0 1.1-.5 1.1-1.1V9.5"/>',
  key: '<circle cx="5.2" cy="10.8" r="2.9"/><path d="m7.3 8.7 5.9-5.9M10.6 5.4l2.2 2.2"/>',
  person: '<circle cx="8" cy="5.3" r="2.8"/><path d="M2.8 13.5c.5-2.7 2.5-4.3 5.2-4.3s4.7 1.6 5.2 4.3"/>',
} as const
export type IconName = keyof typeof drawings

/** A drawing that says nothing to assistive technology: put words beside it, or visually hidden ones. */
export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg
      class="icon"
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      stroke-width="1.5"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {raw(drawings[name])}
    </svg>
  )
}
