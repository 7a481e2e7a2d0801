import type { PropsWithChildren } from 'hono/jsx'

/** For the head of a page with a `Refreshed` part, while that changes: without the script the whole page comes again. */
export const refreshing = (
  <noscript>
    <meta http-equiv="refresh" content="5" />
  </noscript>
)

type Props = PropsWithChildren<{ id: string; while: boolean }>

/** A part of a page that the script asks for again, every two seconds, `while` things in it move. */
export function Refreshed({ id, while: moving, children }: Props) {
  return (
    <div id={id} class="refreshed" data-again={moving ? '2000' : undefined}>
      {children}
    </div>
  )
}
