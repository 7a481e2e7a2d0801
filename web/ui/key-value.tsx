import type { Child } from 'hono/jsx'

/** Names and values, one a row. A row whose value is undefined is left out. */
export function KeyValue({ rows }: { rows: [name: string, value: Child | undefined][] }) {
  return (
    <dl class="key-value">
      {rows
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => (
          <div>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  )
}
