import type { PropsWithChildren } from 'hono/jsx'
import { Icon } from '../ui/icon.tsx'

type Props = PropsWithChildren<{
  id: string
  label: string
  help?: string
  error?: string
  required?: boolean
}>

/** A label with the input that it is given, whose id is `id`: for the few fields that come from no schema. */
export function Field({ id, label, help, error, required, children }: Props) {
  return (
    <div class={`field${error ? ' wrong' : ''}`}>
      <label for={id}>
        {label}
        {required && (
          <span class="required" aria-hidden="true">
            {' '}
            *
          </span>
        )}
      </label>
      {children}
      {help && (
        <p class="help" id={`${id}-help`}>
          {help}
        </p>
      )}
      {error && (
        <p class="field-error" id={`${id}-error`}>
          <Icon name="error" size={14} />
          {error}
        </p>
      )}
    </div>
  )
}

/** What ties an input to the help and the error of its `Field`. */
export function described({ id, help, error }: Pick<Props, 'id' | 'help' | 'error'>) {
  const ids = [help && `${id}-help`, error && `${id}-error`].filter(Boolean).join(' ')
  return { id, 'aria-describedby': ids || undefined, 'aria-invalid': error ? ('true' as const) : undefined }
}

/** One text of a form's body; the last, when it was sent twice. */
export function textOf(value: string | string[] | undefined): string {
  return ([value].flat().at(-1) ?? '').replaceAll('\0', '').toWellFormed()
}
