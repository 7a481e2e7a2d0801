import type { Child } from 'hono/jsx'
import type { Role } from '../../db/schema.ts'
import { routes } from '../routes.ts'
import { assetUrl } from '../ui/assets.ts'
import { Document as Page } from '../ui/layout.tsx'
import { formatNumber } from '../ui/locale.ts'
import type { Access } from './caller.ts'
import type { Document } from './document.ts'
import { problems } from './problem.ts'

type Schemas = NonNullable<NonNullable<Document['components']>['schemas']>
type Schema = Schemas[string]
type PathItem = NonNullable<Document['paths']>[string]
type Described = NonNullable<PathItem['get']> & { method: string; path: string }

const methods = ['get', 'post', 'put', 'delete'] as const

/** The reference for people: the OpenAPI document as one page, without a script. In English, as the document is. */
export function reference(document: Document, shopName: string) {
  const described = Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    methods.flatMap((method): Described[] => {
      const operation = item[method]
      return operation ? [{ ...operation, method, path }] : []
    }),
  )
  const schemas = Object.entries(document.components?.schemas ?? {}).sort(([one], [other]) =>
    one.localeCompare(other),
  )
  return (
    <Page
      title="API"
      shopName={shopName}
      locale="en"
      face="storefront"
      head={<link rel="stylesheet" href={assetUrl('reference.css')} />}
    >
      <div class="reference">
        <nav class="reference-nav" aria-label="Operations">
          <a class="brand" href={routes.catalog()}>
            {shopName}
          </a>
          <a href={routes.api.document()}>OpenAPI 3.1 document</a>
          <a href="#problems">Problems</a>
          <a href="#schemas">Schemas</a>
          {(document.tags ?? []).map(({ name }) => (
            <details open>
              <summary>{name}</summary>
              <ul>
                {described
                  .filter((operation) => operation.tags?.includes(name))
                  .map((operation) => (
                    <li>
                      <a href={`#${operation.operationId}`}>{operation.summary}</a>
                    </li>
                  ))}
              </ul>
            </details>
          ))}
        </nav>
        <main id="content" tabindex={-1}>
          <header class="reference-head">
            <h1>{document.info.title}</h1>
            <Prose text={document.info.description ?? ''} />
          </header>
          {(document.tags ?? []).map(({ name, description }) => (
            <section aria-labelledby={`tag-${name}`}>
              <h2 id={`tag-${name}`}>{name}</h2>
              <p class="soft">{description}</p>
              {described
                .filter((operation) => operation.tags?.includes(name))
                .map((operation) => (
                  <Operation operation={operation} />
                ))}
            </section>
          ))}
          <section aria-labelledby="problems">
            <h2 id="problems">Problems</h2>
            <dl class="reference-problems">
              {Object.entries(problems).map(([code, { status, title }]) => (
                <div id={`problem-${code}`}>
                  <dt>
                    <code>{code}</code> <span class="soft">{status}</span>
                  </dt>
                  <dd>{title.en}.</dd>
                </div>
              ))}
            </dl>
          </section>
          <section aria-labelledby="schemas">
            <h2 id="schemas">Schemas</h2>
            {schemas.map(([name, schema]) => (
              <article class="operation" id={`schema-${name}`} aria-labelledby={`schema-${name}-title`}>
                <h3 id={`schema-${name}-title`}>
                  <code>{name}</code>
                </h3>
                <Properties schema={schema} />
              </article>
            ))}
          </section>
        </main>
      </div>
    </Page>
  )
}

function Operation({ operation }: { operation: Described }) {
  const {
    operationId = '',
    method,
    path,
    summary,
    description,
    parameters = [],
    requestBody,
    responses,
  } = operation
  const body = requestBody && 'content' in requestBody ? requestBody.content['application/json'] : undefined
  const answers = Object.entries(responses ?? {})
  const [status, answer] = answers.find(([status]) => status.startsWith('2')) ?? []
  const answered = answer?.content?.['application/json']
  return (
    <article class="operation" id={operationId} aria-labelledby={`${operationId}-title`}>
      <h3 id={`${operationId}-title`}>
        <a href={`#${operationId}`}>{summary}</a>
      </h3>
      <p class="operation-line">
        <strong class={`method ${method}`}>{method.toUpperCase()}</strong> <code>{path}</code>
      </p>
      <p class="small soft">{whoMay(operation['x-access'])}</p>
      {description && <Prose text={description} />}
      <div class="operation-parts">
        <div class="stack">
          {parameters.length > 0 && (
            <Part title="Parameters">
              <dl class="properties">
                {parameters.map((parameter) =>
                  'name' in parameter ? (
                    <Property
                      name={parameter.name}
                      type={`${parameter.in}, ${typeOf(parameter.schema ?? {})}`}
                      required={parameter.required === true}
                      description={parameter.description}
                    />
                  ) : null,
                )}
              </dl>
            </Part>
          )}
          {body?.schema && (
            <Part title="Body">
              <Properties schema={body.schema} />
            </Part>
          )}
          {answered?.schema && (
            <Part title={`Answer ${status}`}>
              <p class="small">{answer?.description}</p>
              <Properties schema={answered.schema} />
            </Part>
          )}
          <Part title="Problems">
            <ul class="operation-problems small">
              {answers
                .filter(([status]) => !status.startsWith('2'))
                .map(([status, problem]) => (
                  <li>
                    <strong>{status}</strong> <Inline text={problem.description} />
                  </li>
                ))}
            </ul>
          </Part>
        </div>
        <div class="stack">
          {body?.example !== undefined && <Example title="Request" value={body.example} />}
          {answered?.example !== undefined && <Example title="Answer" value={answered.example} />}
        </div>
      </div>
    </article>
  )
}

function Part({ title, children }: { title: string; children?: Child }) {
  return (
    <section>
      <h4>{title}</h4>
      {children}
    </section>
  )
}

function Example({ title, value }: { title: string; value: unknown }) {
  return (
    <figure>
      <figcaption class="small soft">{title}</figcaption>
      <pre tabindex={0}>{JSON.stringify(value, null, 2)}</pre>
    </figure>
  )
}

/** Who may call, in words. */
function whoMay({ anyone, cart, order, role }: Access): string {
  const roles: Record<Role, string> = {
    viewer: 'every operator’s program',
    operator: 'an operator’s program (operator, admin)',
    admin: 'an administrator’s program',
  }
  if (anyone) return `Open to all${cart ? '; with the token of a cart, that cart' : ''}.`
  const who = [
    ...(cart ? ['whoever has the cart’s token'] : []),
    ...(order ? ['whoever has the order’s token'] : []),
    ...(role ? [roles[role]] : []),
  ]
  return `For ${who.join(', and for ')}.`
}

/** The members of a schema, those of nested ones by their path: `lines[].code`. */
function Properties({ schema }: { schema: Schema }) {
  const rows = rowsOf(schema, '')
  if (rows.length === 0) return <p class="small">{linked(schema)}</p>
  return (
    <dl class="properties">
      {rows.map((row) => (
        <Property {...row} />
      ))}
    </dl>
  )
}

type Row = { name: string; type: Child; required: boolean; description: string | undefined }

function Property({ name, type, required, description }: Row) {
  return (
    <div>
      <dt>
        <code>{name}</code> <span class="soft small">{type}</span>{' '}
        {!required && <span class="optional small">optional</span>}
      </dt>
      {description && (
        <dd class="small">
          <Inline text={description} />
        </dd>
      )}
    </div>
  )
}

function rowsOf(schema: Schema, prefix: string): Row[] {
  if ('$ref' in schema) return []
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, property]): Row[] => {
    const path = `${prefix}${name}`
    const inner = 'items' in property && property.items ? property.items : property
    return [
      {
        name: path,
        type: linked(property),
        required: schema.required?.includes(name) ?? false,
        description: descriptionOf(property),
      },
      ...rowsOf(inner, inner === property ? `${path}.` : `${path}[].`),
    ]
  })
  return [...own, ...(schema.allOf ?? []).flatMap((part) => rowsOf(part, prefix))]
}

function descriptionOf(schema: Schema): string | undefined {
  if (schema.description) return schema.description
  if (!('allOf' in schema)) return undefined
  return schema.allOf?.map(descriptionOf).find((text) => text !== undefined)
}

/** The type of a schema, with a link to it when it has a name. */
function linked(schema: Schema): Child {
  if ('$ref' in schema) {
    const name = schema.$ref?.split('/').at(-1) ?? ''
    return <a href={`#schema-${name}`}>{name}</a>
  }
  if (schema.items) return 'properties' in schema.items ? 'list' : <>list of {linked(schema.items)}</>
  const [named] = (schema.allOf ?? schema.anyOf ?? schema.oneOf ?? []).filter((part) => '$ref' in part)
  if (named) return <>{linked(named)}</>
  return typeOf(schema)
}

function typeOf(schema: Schema): string {
  if ('$ref' in schema) return schema.$ref?.split('/').at(-1) ?? ''
  const type = [schema.type ?? []].flat().join(' or ') || 'any'
  const values = schema.enum?.map((value) => JSON.stringify(value)).join(', ')
  const bounds = [
    ...rangeOf(schema.minimum, schema.maximum === Number.MAX_SAFE_INTEGER ? undefined : schema.maximum),
    ...(schema.maxLength === undefined ? [] : [`up to ${formatNumber(schema.maxLength, 'en')} characters`]),
    ...(schema.maxItems === undefined ? [] : [`up to ${formatNumber(schema.maxItems, 'en')} items`]),
    ...(schema.default === undefined ? [] : [`by default ${JSON.stringify(schema.default)}`]),
  ]
  return [values ?? (schema.format ? `${type} (${schema.format})` : type), ...bounds].join(', ')
}

function rangeOf(least: number | undefined, most: number | undefined): string[] {
  const said = (bound: number) => formatNumber(bound, 'en')
  if (least === undefined) return most === undefined ? [] : [`up to ${said(most)}`]
  return [most === undefined ? `from ${said(least)}` : `${said(least)} to ${said(most)}`]
}

/** Paragraphs, with **strong** and `code`. */
function Prose({ text }: { text: string }) {
  return (
    <>
      {text.split('\n\n').map((paragraph) => (
        <p>
          <Inline text={paragraph} />
        </p>
      ))}
    </>
  )
}

function Inline({ text }: { text: string }) {
  return (
    <>
      {text
        .split(/(\*\*[^*]+\*\*|`[^`]+`)/)
        .map((part) =>
          part.startsWith('**') ? (
            <strong>{part.slice(2, -2)}</strong>
          ) : part.startsWith('`') ? (
            <code>{part.slice(1, -1)}</code>
          ) : (
            part
          ),
        )}
    </>
  )
}
