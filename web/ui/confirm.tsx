import type { PropsWithChildren } from 'hono/jsx'
import { Icon, type IconName } from './icon.tsx'

type Props = PropsWithChildren<{
  label: string
  look?: 'plain' | 'quiet' | 'danger'
  icon?: IconName
  open?: boolean
}>

/** A button that opens what it takes to confirm, a `ButtonForm` say, just below. It needs no script. */
export function Confirm({ label, look = 'plain', icon, open, children }: Props) {
  return (
    <details class="confirm" open={open}>
      <summary class={`button ${look}`}>
        {icon && <Icon name={icon} />}
        {label}
        <Icon name="chevron" />
      </summary>
      <div class="confirm-body">{children}</div>
    </details>
  )
}
