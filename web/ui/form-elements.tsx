import type { Child } from 'hono/jsx'
import type { FormErrors, FormValues } from '../../sdk/form.ts'
import type { FormElement } from '../../sdk/form-element.ts'
import { learnersFrom, readLearnerList } from '../../sdk/learner-list.ts'
import { writeLearnerList } from '../../sdk/learner-text.ts'
import { fromHundredths } from './amount.ts'
import { Icon } from './icon.tsx'
import { LearnerListInput, LearnerNames } from './learner-list.tsx'
import { type Locale, pick } from './locale.ts'
import { texts } from './texts.ts'

/** One thing that a picker offers. */
export type Choice = { value: string | number; label: string }

type Props = {
  elements: FormElement[]
  /** Values, or what the person typed, by field name. */
  values?: FormValues
  errors?: FormErrors
  /** Findings that don't keep the form from being saved. */
  warnings?: FormErrors
  /** Put before each input's name, so that one page can hold many forms: `unit.k3.`. */
  prefix?: string
  /** What the pickers offer, by field name; a picker without any is typed by hand. */
  choices?: Record<string, Choice[]>
  /** Where what is typed is checked at once, for the elements that ask for it. */
  checkAt?: string
  disabled?: boolean
  /** The form is `multipart/form-data`: a list of people may be chosen as a file. */
  files?: boolean
  /**
   * "Same for all units": the first unit of a line leads and shows a box for each field that allows it, named
   * `same.<line>.<field>`; in the others a field whose box is ticked hides (the server copies it all the same).
   */
  same?: { line: string; leads: boolean; on: string[] }
  locale: Locale
}

/** The id of a field's input, for links and labels. */
export function fieldId(name: string, prefix = ''): string {
  return `field-${prefix}${name}`.replaceAll(/[^a-zA-Z0-9_-]/g, '-')
}

/** Whether a form with these fields must be `multipart/form-data`: a list of people may be a file. */
export function takeFiles(elements: FormElement[]): boolean {
  return elements.some(({ type }) => type === 'learners')
}

/** The fields of a form, without the form: from a handler's schema, or an operator's own. */
export function FormElements(props: Props) {
  return (
    <div class="fields">
      {props.elements.map((element) => (
        <Element {...props} element={element} />
      ))}
    </div>
  )
}

function Element(props: Props & { element: FormElement }) {
  const { element, elements, prefix = '', same, locale } = props
  const { visibleWhen } = element
  const id = fieldId(element.name, prefix)
  const sharing = same && element.sameForAll ? same : undefined
  const sharedName = sharing ? `same.${sharing.line}.${element.name}` : undefined
  const control = {
    ...props,
    id,
    name: `${prefix}${element.name}`,
    value: props.values?.[element.name] ?? element.default,
    text: texts[locale],
    // what depends on this field's course is fetched again when it changes
    refreshes:
      elements
        .filter((other) => other.pickerOf === element.name)
        .map((other) => `${fieldId(other.name, prefix)}-field`)
        .join(' ') || undefined,
  }
  const error = props.errors?.[element.name]
  return (
    <div
      class={`field ${element.type}${error ? ' wrong' : ''}`}
      id={`${id}-field`}
      data-when={visibleWhen && `${prefix}${visibleWhen.field}`}
      data-when-is={visibleWhen && JSON.stringify(visibleWhen.is)}
      data-same={sharing && !sharing.leads ? sharedName : undefined}
    >
      <Control {...control} />
      {sharing?.leads && (
        <label class="check same">
          <input type="checkbox" name={sharedName} value="on" checked={sharing.on.includes(element.name)} />
          <span>{control.text.sameForAll}</span>
        </label>
      )}
    </div>
  )
}

type ControlProps = Props & {
  element: FormElement
  id: string
  name: string
  value: unknown
  text: (typeof texts)[Locale]
  refreshes: string | undefined
}

function Control(props: ControlProps) {
  const { element, value, id, choices } = props
  const shared = sharedAttributes(props)
  switch (element.type) {
    case 'checkbox':
      return (
        <>
          <label class="check" for={id}>
            <input type="checkbox" id={id} value="on" checked={value === true} {...shared} />
            <span>
              <Label {...props} />
            </span>
          </label>
          <Notes {...props} />
        </>
      )
    case 'radio':
      return <RadioGroup {...props} />
    case 'list':
      return element.options || choices?.[element.name] ? (
        <CheckList {...props} />
      ) : (
        <Labelled {...props}>
          <textarea id={id} rows={linesOf(value).length + 2} {...shared}>
            {linesOf(value).join('\n')}
          </textarea>
        </Labelled>
      )
    case 'textarea':
      return (
        <Labelled {...props}>
          <textarea id={id} rows={4} {...shared}>
            {textOf(value)}
          </textarea>
        </Labelled>
      )
    case 'learners':
      return <LearnerField {...props} />
    case 'secret':
      return (
        <Labelled {...props}>
          <input type="password" id={id} {...shared} autocomplete="new-password" />
        </Labelled>
      )
    default:
      return <TextControl {...props} />
  }
}

function RadioGroup(props: ControlProps) {
  const { element, value, id } = props
  const offered = offeredBy(props)
  const shared = sharedAttributes(props)
  return (
    <fieldset id={id} tabindex={-1} aria-describedby={shared['aria-describedby']}>
      <legend>
        <Label {...props} />
      </legend>
      <Notes {...props} />
      <div class="choices">
        {offered.map((choice) => (
          <label class="check">
            <input
              type="radio"
              name={props.name}
              value={String(choice.value)}
              checked={String(value) === String(choice.value)}
              required={element.required}
              disabled={props.disabled}
              aria-invalid={shared['aria-invalid']}
            />
            <span>{choice.label}</span>
          </label>
        ))}
      </div>
    </fieldset>
  )
}

/** What is typed on one line, or picked when something is offered: a role and a product of one's own may still be typed. */
function TextControl(props: ControlProps) {
  const { element, value, id, choices } = props
  const offered = offeredBy(props)
  const shared = sharedAttributes(props)
  if ((element.picker === 'role' || element.ownProducts) && choices?.[element.name]) {
    return (
      <Labelled {...props}>
        <input type="text" id={id} list={`${id}-list`} value={textOf(value)} {...shared} />
        <datalist id={`${id}-list`}>
          {offered.map((choice) => (
            <option value={String(choice.value)}>{choice.label}</option>
          ))}
        </datalist>
      </Labelled>
    )
  }
  if (element.type === 'select' || choices?.[element.name]) {
    return (
      <Labelled {...props}>
        <select id={id} {...shared}>
          {(!element.required || textOf(value) === '') && (
            <option value="">{element.required ? props.text.choose : '–'}</option>
          )}
          {offered.map((choice) => (
            <option value={String(choice.value)} selected={String(choice.value) === textOf(value)}>
              {choice.label}
            </option>
          ))}
        </select>
      </Labelled>
    )
  }
  return (
    <Labelled {...props}>
      <input {...inputKind(element)} id={id} value={typedValue(props)} {...shared} />
      {shared['data-check'] && <p id={`${id}-checked`} role="status" data-free={props.text.free} />}
    </Labelled>
  )
}

function Labelled(props: ControlProps & { children: Child }) {
  return (
    <>
      <label for={props.id}>
        <Label {...props} />
      </label>
      {props.children}
      <Notes {...props} />
    </>
  )
}

function Label({ element, locale }: ControlProps) {
  return (
    <>
      {pick(element.label, locale)}
      {element.required && (
        <span class="required" aria-hidden="true">
          {' '}
          *
        </span>
      )}
    </>
  )
}

/** Help, warning and error, in that order below the field; each has the id that aria-describedby names. */
function Notes(props: ControlProps) {
  const { element, errors, warnings, id, locale } = props
  const error = errors?.[element.name]
  const warning = warnings?.[element.name]
  const help = helpOf(props)
  return (
    <>
      {help && (
        <p class="help" id={`${id}-help`}>
          {help}
        </p>
      )}
      {warning && (
        <p class="field-warning" id={`${id}-warning`}>
          <Icon name="warning" size={14} />
          {pick(warning, locale)}
        </p>
      )}
      {error && (
        <p class="field-error" id={`${id}-error`}>
          <Icon name="error" size={14} />
          {pick(error, locale)}
        </p>
      )}
    </>
  )
}

function helpOf({ element, choices, value, text, locale }: ControlProps): string {
  const chosen = element.picker && choices?.[element.name]
  return [
    element.help && pick(element.help, locale),
    element.picker && !chosen && text.unreachable,
    element.ownProducts && choices?.[element.name] && text.chooseProduct,
    element.type === 'list' && !element.options && !chosen && text.onePerLine,
    element.type === 'learners' &&
      (element.names === false ? text.learners.unnamedHelp : text.learners.namedHelp),
    element.type === 'secret' && textOf(value) !== '' && text.secretKept,
  ]
    .filter(Boolean)
    .join(' ')
}

/** A list of people, as it was typed, or as it is kept once it was right. */
function LearnerField(props: ControlProps) {
  const { element, id, value, errors, files, locale } = props
  const text = typeof value === 'string' ? value : writeLearnerList(learnersFrom(value) ?? [])
  const { names } = element
  const rows = errors?.[element.name]?.rows
  const right = rows || text === '' ? [] : readLearnerList(text, { names })
  return (
    <>
      <label for={id}>
        <Label {...props} />
      </label>
      <LearnerListInput
        id={id}
        text={text}
        rows={rows}
        files={files}
        {...sharedAttributes(props)}
        locale={locale}
      >
        <Notes {...props} />
      </LearnerListInput>
      {right.length > 0 && <LearnerNames learners={right.map((row) => row.values)} locale={locale} />}
    </>
  )
}

/** A long list of boxes, each value sent under the one name. */
function CheckList(props: ControlProps) {
  const { id, name, value, disabled } = props
  const offered = offeredBy(props)
  const shared = sharedAttributes(props)
  const chosen = new Set(linesOf(value))
  return (
    <fieldset id={id} tabindex={-1} aria-describedby={shared['aria-describedby']}>
      <legend>
        <Label {...props} />
      </legend>
      <Notes {...props} />
      <div class="choices many">
        {offered.map((choice) => (
          <label class="check">
            <input
              type="checkbox"
              name={name}
              value={String(choice.value)}
              checked={chosen.has(String(choice.value))}
              disabled={disabled}
            />
            <span>{choice.label}</span>
          </label>
        ))}
      </div>
    </fieldset>
  )
}

/** What there is to choose from, with what is already chosen though it is no longer offered. */
function offeredBy({ element, choices, value, text, locale }: ControlProps): Choice[] {
  const offered: Choice[] =
    choices?.[element.name] ??
    (element.options ?? []).map((option) => ({ value: option.value, label: pick(option.label, locale) }))
  if (element.picker === 'role') return offered
  const known = new Set(offered.map((choice) => String(choice.value)))
  const gone = (element.type === 'list' ? linesOf(value) : [textOf(value)]).filter(
    (one) => one !== '' && element.picker && !known.has(one),
  )
  return [...gone.map((one) => ({ value: one, label: text.notListed(one) })), ...offered]
}

function sharedAttributes(props: ControlProps) {
  const { element, errors, warnings, id, name, checkAt, disabled, refreshes } = props
  const described = [
    helpOf(props) && `${id}-help`,
    warnings?.[element.name] && `${id}-warning`,
    errors?.[element.name] && `${id}-error`,
  ].filter(Boolean)
  return {
    name,
    disabled,
    required: element.required,
    autocomplete: element.autocomplete,
    'aria-invalid': errors?.[element.name] ? ('true' as const) : undefined,
    'aria-describedby': described.join(' ') || undefined,
    'data-refreshes': refreshes,
    'data-check':
      element.checkWhileTyping && checkAt
        ? `${checkAt}?${new URLSearchParams({ field: element.name })}`
        : undefined,
  }
}

// numbers are typed as texts: a number input drops what it can't read, and the person never sees why
function inputKind(element: FormElement): {
  type: string
  inputmode?: 'numeric' | 'decimal'
  class?: string
} {
  if (element.type === 'number') {
    return { type: 'text', inputmode: element.whole ? 'numeric' : 'decimal', class: 'short' }
  }
  if (element.type === 'money') return { type: 'text', inputmode: 'decimal', class: 'short' }
  if (element.type === 'date') return { type: 'date', class: 'short' }
  return { type: element.type }
}

/** As a person would type it: an amount is kept in cents. */
function typedValue({ element, value, locale }: ControlProps): string {
  if (element.type !== 'money' || typeof value !== 'number') return textOf(value)
  return fromHundredths(value, locale, 0)
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

function linesOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(textOf) : []
}
