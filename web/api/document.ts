import type { OpenAPIHono } from '@hono/zod-openapi'
import type { ApiEnv } from './caller.ts'
import type { Tag } from './operation.ts'

const tags: Record<Tag, string> = {
  Catalog: 'What is on sale, open to all.',
  Carts: 'What a customer is about to order, validated unit by unit. Whoever has the token has the cart.',
  Orders: 'Placed by customers and programs; read and acted upon by operators.',
  Payments: 'What is awaited, what came, and what is to go back.',
  Productions: 'One run of one script for one unit, with its journal.',
  Products: 'What customers own once their units are produced, and the after-sale actions.',
  Entries: 'The catalog as operators write it.',
  Handlers: 'The production handlers that are installed, with their forms.',
  Site: 'The Moodle site, and what waits for it or for somebody.',
  Mails: 'Mails to customers, and what became of them.',
  Access: 'Who may do what.',
}

const description = `\
Everything that the shop’s pages and its office do, through the same functions.

**Who calls.** Operators’ programs send \`Authorization: Bearer <token>\`; tokens are made in the office. A viewer reads, \
an operator writes, an administrator also looks after access. A customer’s program sends \`Authorization: Cart <token>\` \
or \`Authorization: Order <token>\`, with the token that came with the cart or the order.

**Writing once.** A request with an \`Idempotency-Key\` (16 to 200 visible characters, a UUID say) can be sent again: \
within 48 hours the same key with the same request gets the same answer, with \`Idempotency-Replayed: true\`. With another \
request it is refused (422), and while the first one is under way it is told to wait (409, \`Retry-After\`). Answers of \
500 and more, and of 429, are not kept. Placing an order, validating a payment and correcting credits need one.

**Lists** are paged by key: \`limit\`, and \`after\` with the \`next\` of the page before, which also stands in a \
\`Link\` header.

**Problems** are RFC 9457 (\`application/problem+json\`), in English or French as \`Accept-Language\` asks. Sort by \
\`code\`; \`errors\` holds JSON pointers into the request.

Money is in cents and includes VAT; VAT rates are in basis points (2000 is 20 %); moments are ISO 8601 in UTC. Members \
that a request does not need are ignored, but for answers to the form of an action or of a handler’s internal \
parameters: one to a field that the form doesn’t have is refused.`

/** The OpenAPI 3.1 document of the whole API. */
export function documentOf(app: OpenAPIHono<ApiEnv>, { url, name }: { url: string; name: string }) {
  return app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: { title: `${name}: API`, version: '1', description },
    servers: [{ url }],
    tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
  })
}

export type Document = ReturnType<typeof documentOf>

/** Registers the ways to say who calls. */
export function registerSecurity({ openAPIRegistry }: OpenAPIHono<ApiEnv>): void {
  openAPIRegistry.registerComponent('securitySchemes', 'program', {
    type: 'http',
    scheme: 'bearer',
    description: 'The token of an operator’s program.',
  })
  openAPIRegistry.registerComponent('securitySchemes', 'cart', {
    type: 'http',
    scheme: 'Cart',
    description: 'The token of a cart.',
  })
  openAPIRegistry.registerComponent('securitySchemes', 'order', {
    type: 'http',
    scheme: 'Order',
    description: 'The token of an order.',
  })
}
