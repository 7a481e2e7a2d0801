import type { Child, PropsWithChildren } from 'hono/jsx'

type CardProps = PropsWithChildren<{
  title?: Child
  /** Shown at the right of the title: a link, a badge, a button. */
  aside?: Child
  id?: string
  /** Without padding, for a table. */
  flush?: boolean
  level?: 2 | 3
}>

/** A framed part of a page. */
export function Card({ title, aside, id, flush, level = 2, children }: CardProps) {
  const Heading = level === 2 ? 'h2' : 'h3'
  return (
    <section class={`card${flush ? ' flush' : ''}`} id={id}>
      {title && (
        <header class="card-head">
          <Heading>{title}</Heading>
          {aside}
        </header>
      )}
      <div class="card-body">{children}</div>
    </section>
  )
}

/** The head of a page: its only h1, what can be done with the whole, and a line below. */
export function PageHead(props: {
  title: Child
  lead?: Child
  /** At the right: buttons or a badge. */
  actions?: Child
  back?: { href: string; text: string }
}) {
  const { title, lead, actions, back } = props
  return (
    <header class="page-head">
      {back && (
        <a class="back" href={back.href}>
          {back.text}
        </a>
      )}
      <div class="page-title">
        <h1>{title}</h1>
        {actions && <div class="actions">{actions}</div>}
      </div>
      {lead && <p class="lead">{lead}</p>}
    </header>
  )
}

/** What stands where a list is empty: why, and what to do. */
export function EmptyState({ title, children }: PropsWithChildren<{ title: string }>) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children}
    </div>
  )
}
