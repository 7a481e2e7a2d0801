import type { Child, PropsWithChildren } from 'hono/jsx'
import { Icon, type IconName } from './icon.tsx'

export type ButtonLook = {
  /** One primary button a page. `quiet` has no border, `danger` destroys. */
  look?: 'primary' | 'plain' | 'quiet' | 'danger'
  size?: 'small' | 'large'
  icon?: IconName
}

type ButtonProps = PropsWithChildren<
  ButtonLook & {
    type?: 'submit' | 'button'
    name?: string
    value?: string
    form?: string
    formaction?: string
    disabled?: boolean
    id?: string
    /** Shown only where the script does not run: it does this by itself. */
    noScript?: boolean
    label?: string
  }
>

/** A button of a form. `label` replaces its words for assistive technology ("Remove unit 2"). */
export function Button(props: ButtonProps) {
  const { look, size, icon, type = 'submit', noScript, label, children, ...rest } = props
  return (
    <button
      type={type}
      class={`${buttonClass({ look, size })}${noScript ? ' no-script' : ''}`}
      aria-label={label}
      {...rest}
    >
      {icon && <Icon name={icon} />}
      {children}
    </button>
  )
}

/** A link that looks like a button, for what only goes somewhere. */
export function ButtonLink({
  href,
  look,
  size,
  icon,
  children,
}: PropsWithChildren<ButtonLook & { href: string }>) {
  return (
    <a class={buttonClass({ look, size })} href={href}>
      {icon && <Icon name={icon} />}
      {children}
    </a>
  )
}

type ButtonFormProps = PropsWithChildren<
  ButtonLook & {
    action: string
    csrf: string
    /** What else the form sends. */
    fields?: Record<string, string | number>
    disabled?: boolean
    label?: string
    /** Inputs shown before the button. */
    before?: Child
  }
>

/** One button that posts: for what changes something. */
export function ButtonForm({ action, csrf, fields = {}, before, children, ...button }: ButtonFormProps) {
  return (
    <form method="post" action={action} class="button-form" novalidate>
      <CsrfField csrf={csrf} />
      {Object.entries(fields).map(([name, value]) => (
        <input type="hidden" name={name} value={String(value)} />
      ))}
      {before}
      <Button {...button}>{children}</Button>
    </form>
  )
}

/** What every form that posts carries; `csrf` comes from `csrfToken(c)`. */
export function CsrfField({ csrf }: { csrf: string }) {
  return <input type="hidden" name="csrf" value={csrf} />
}

function buttonClass({ look = 'plain', size }: ButtonLook): string {
  return `button ${look}${size ? ` ${size}` : ''}`
}
